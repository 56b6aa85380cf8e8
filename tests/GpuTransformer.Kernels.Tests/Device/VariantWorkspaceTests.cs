using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A variant of two kernels with a workspace between them: y = the sum of x, in parts that a second kernel adds.</summary>
public sealed class VariantWorkspaceTests : IDisposable
{
    private readonly TestDevice _device = new(TestDeviceKind.Default, VariantKind.Naive);
    private readonly SplitSum _sum;

    public VariantWorkspaceTests() => _sum = new SplitSum(_device.Kernels);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void A_run_rents_the_stream_s_workspace_and_launches_both_stages()
    {
        Assert.Equal(6, Run([1, 2, 3], parts: 2));
        Assert.Equal(55, Run([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], parts: 7));
        Assert.Equal(3, Run([1, 2], parts: 1));
    }

    [Fact]
    public void One_answer_says_support_workspace_and_launch()
    {
        using var x = _device.Upload(new float[8]);
        var kernel = (LoadedKernel<SplitSumArgs>)_sum.Bind(Args(x.View, x.View, 4)).Kernel!;
        var answer = kernel.Ask(Args(x.View, x.View, 4));
        Assert.True(answer.IsSupported);
        Assert.Equal(4, answer.WorkspaceFloats);
        Assert.Equal(4, answer.Grid.GridDim.X);
        Assert.Equal(1, answer.SecondGrid.GridDim.X);
        Assert.False(kernel.Ask(Args(x.View, x.View, SplitSum.MostParts + 1)).IsSupported);
    }

    [Fact]
    public void A_bound_operation_takes_a_workspace_that_others_share()
    {
        using var x = _device.Upload(new float[] { 1, 2, 3, 4, 5 });
        using var y = _device.Upload(new float[64]);
        using var workspace = _device.Upload(new float[8]);
        var first = _sum.Bind(Args(x.View, y.View, 2));
        var second = _sum.Bind(Args(x.View, ((ArrayView<float>)y.View).SubView(8, 8), 5));
        Assert.Equal((2, 5), (first.WorkspaceFloats, second.WorkspaceFloats));
        Assert.Throws<InvalidOperationException>(() => first.Launch(_device.Stream));
        first.Attach(workspace.View);
        second.Attach(workspace.View);
        first.Launch(_device.Stream);
        second.Launch(_device.Stream);
        var found = y.GetAsArray1D();
        Assert.Equal((15, 15), (found[0], found[8]));
    }

    [Fact]
    public void After_the_first_run_nothing_is_allocated_for_the_workspace()
    {
        using var x = _device.Upload(new float[64]);
        using var y = _device.Upload(new float[1]);
        var args = Args(x.View, y.View, 8);
        var first = _device.Accelerator.LoadKernel<SplitSumArgs>(SplitSum.Parts);
        var second = _device.Accelerator.LoadKernel<SplitSumArgs>(SplitSum.Merge);
        using var workspace = _device.Upload(new float[8]);
        var attached = args;
        attached.Workspace = workspace.View;
        var direct = LeastBytes(() =>
        {
            first(_device.Stream, new KernelConfig(8, 1), attached);
            second(_device.Stream, new KernelConfig(1, 1), attached);
        });
        Assert.Equal(direct, LeastBytes(() => _sum.Run(_device.Stream, args)));
    }

    private static long LeastBytes(Action action)
    {
        action();
        var least = long.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private float Run(float[] values, int parts)
    {
        using var x = _device.Upload(values);
        using var y = _device.Upload(new float[1]);
        _sum.Run(_device.Stream, Args(x.View, y.View, parts));
        return y.GetAsArray1D()[0];
    }

    private static SplitSumArgs Args(ArrayView<float> x, ArrayView<float> y, int parts) =>
        new() { X = x, Y = y, Count = (int)x.Length, PartCount = parts };
}

public struct SplitSumArgs
{
    public ArrayView<float> X;
    public ArrayView<float> Y;
    public ArrayView<float> Workspace;
    public int Count;
    public int PartCount;
}

public sealed class SplitSum : Operation<SplitSumArgs>
{
    public const int MostParts = 16;

    internal SplitSum(KernelSet kernels)
        : base(kernels, "SplitSum",
        [
            new KernelVariant<SplitSumArgs>(
                "splitsum", VariantKind.Naive, Parts, _ => (in SplitSumArgs args) => new KernelConfig(args.PartCount, 1),
                (DeviceTraits _, in SplitSumArgs args) => args.PartCount <= MostParts)
            {
                Workspace = new(
                    (DeviceTraits _, in SplitSumArgs args) => args.PartCount,
                    (ref SplitSumArgs args, ArrayView<float> workspace) => args.Workspace = workspace),
                Second = new(Merge, _ => (in SplitSumArgs _) => new KernelConfig(1, 1)),
            },
        ])
    {
    }

    public static void Parts(SplitSumArgs args)
    {
        var sum = 0f;
        for (var i = Grid.IdxX; i < args.Count; i += args.PartCount)
        {
            sum += args.X[i];
        }

        args.Workspace[Grid.IdxX] = sum;
    }

    public static void Merge(SplitSumArgs args)
    {
        var sum = 0f;
        for (var i = 0; i < args.PartCount; i++)
        {
            sum += args.Workspace[i];
        }

        args.Y[0] = sum;
    }

    protected override void Check(in SplitSumArgs args) => ShapeCheck.AtLeast(Name, "parts", args.PartCount, 1);

    protected override bool IsEmpty(in SplitSumArgs args) => args.Count == 0;

    protected override (string Shape, long Flops, long Bytes) Describe(in SplitSumArgs args) =>
        ($"{args.Count}", args.Count, 4 * args.Count);
}
