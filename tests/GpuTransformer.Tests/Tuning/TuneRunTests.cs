using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Diagnostics.Tuning;
using GpuTransformer.Kernels;
using ILGPU;
using Xunit;

namespace GpuTransformer.Tests.Tuning;

/// <summary>Tuning on kernels that are known to be slow, or wrong.</summary>
public sealed class TuneRunTests : IDisposable
{
    private const int Count = 64;

    private readonly BenchDevice _device = new("cpu", VariantKind.Group);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void The_fastest_variant_that_agrees_with_the_plain_kernel_is_chosen()
    {
        var shape = TuneRun.Measure(Case(), TimeSpan.FromSeconds(5));
        Assert.Equal("slow", shape.BuiltIn);
        Assert.Equal(["fast", "slow"], shape.Times.Select(t => t.Variant));
        Assert.Equal("fast", shape.Better);
        Assert.Equal(["wrong", "absent"], shape.Rejected.Select(r => r.Variant));
        Assert.Contains("element 0 is 3, expected 2", shape.Rejected[0].Reason);
        Assert.Contains("element 0 is NaN", shape.Rejected[1].Reason);
        var report = new TuneReport([shape], 0);
        Assert.False(report.IsClean);
        Assert.Equal([new TunedChoice("Increment", new ShapeClass(6, 0, 0, 0), "fast")], report.Choices);
    }

    [Fact]
    public void A_gain_within_the_noise_changes_nothing()
    {
        Assert.Null(Timed(("b", 0.98), ("built-in", 1)).Better);
        Assert.Equal("b", Timed(("b", 0.9), ("built-in", 1)).Better);
        Assert.Null(Timed(("built-in", 1), ("b", 2)).Better);
        Assert.Equal("b", Timed(("b", 2)).Better);
        Assert.Null(Timed().Better);
    }

    [Fact]
    public void A_run_ends_with_its_time_and_says_what_is_left_out()
    {
        var told = new List<TunedShape>();
        var report = TuneRun.Run([Case, Case, Case], TimeSpan.Zero, told.Add);
        Assert.Equal(3, report.LeftOut);
        Assert.Empty(told);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => TuneRun.Run([Case], TimeSpan.FromSeconds(1), told.Add, stop.Token));
    }

    [Fact]
    public void The_suite_s_cases_run_on_a_cpu_accelerator()
    {
        var report = TuneRun.Run([() => TuneSuite.MatMulCase(_device, 3, 20, 9)], TimeSpan.FromSeconds(10), _ => { });
        var shape = Assert.Single(report.Shapes);
        Assert.Equal("MatMul", shape.Operation);
        Assert.Equal(new ShapeClass(2, 4, 5, 0), shape.Class);
        Assert.True(shape.Times.Count >= 2, string.Join(", ", shape.Rejected));
        Assert.Empty(shape.Rejected);
    }

    private static TunedShape Timed(params (string, double)[] times) =>
        new("Increment", "64", default, "built-in", times, []);

    private TuneCase<IncrementArgs> Case()
    {
        var x = _device.Filled(Enumerable.Range(1, Count).Select(i => (float)i).ToArray(), "x");
        var y = _device.Empty(Count, "y");
        var args = new IncrementArgs { X = x.View, Y = y.View, Count = Count };
        return new TuneCase<IncrementArgs>(_device, new Increment(_device.Kernels), "64", args, y, 1e-5f, x);
    }
}

public struct IncrementArgs
{
    public ArrayView<float> X;
    public ArrayView<float> Y;
    public int Count;
}

/// <summary>y = x + 1, in good and bad ways.</summary>
public sealed class Increment : Operation<IncrementArgs>
{
    private const int SlowRounds = 200_000;

    internal Increment(KernelSet kernels)
        : base(kernels, "Increment",
        [
            Entry("plain", VariantKind.Naive, Fast),
            Entry("wrong", VariantKind.Group, Wrong),
            Entry("absent", VariantKind.Group, Absent),
            Entry("fast", VariantKind.Group, Fast),
            Entry("slow", VariantKind.Group, Slow),
        ])
    {
    }

    internal override ShapeClass? ClassOf(in IncrementArgs args) => new ShapeClass(ShapeClass.Of(args.Count), 0, 0, 0);

    public static void Fast(IncrementArgs args)
    {
        for (var i = 0; i < args.Count; i++)
        {
            args.Y[i] = args.X[i] + 1;
        }
    }

    public static void Wrong(IncrementArgs args)
    {
        for (var i = 0; i < args.Count; i++)
        {
            args.Y[i] = args.X[i] + 2;
        }
    }

    public static void Absent(IncrementArgs args)
    {
    }

    public static void Slow(IncrementArgs args)
    {
        var sum = 0f;
        for (var r = 0; r < SlowRounds; r++)
        {
            sum += args.X[r & 31];
        }

        // Never less than one: the loop cannot be left out.
        for (var i = 0; i < args.Count; i++)
        {
            args.Y[i] = sum < 1f ? 0 : args.X[i] + 1;
        }
    }

    protected override void Check(in IncrementArgs args)
    {
    }

    protected override bool IsEmpty(in IncrementArgs args) => false;

    protected override (string Shape, long Flops, long Bytes) Describe(in IncrementArgs args) => ($"{args.Count}", args.Count, 8 * args.Count);

    private static KernelVariant<IncrementArgs> Entry(string name, VariantKind kind, Action<IncrementArgs> kernel) =>
        new(name, kind, kernel, _ => (in IncrementArgs _) => new KernelConfig(1, 1));
}
