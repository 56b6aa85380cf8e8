using System.Reflection;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The account of what was compiled.</summary>
public sealed class KernelCompilerTests : IDisposable
{
    private readonly TestDevice _device = new(TestDeviceKind.Default, VariantKind.Naive);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Each_kernel_is_compiled_once_and_the_stages_of_a_variant_are_counted()
    {
        using var x = _device.Upload(new float[16]);
        var sum = new SplitSum(_device.Kernels);
        var bound = sum.Bind(new SplitSumArgs { X = x.View, Y = x.View, Count = 16, PartCount = 2 }).Kernel!;
        Assert.False(bound.IsCompiled);
        var notices = new List<CompileReport>();
        _device.Kernels.CompileNotice = notices.Add;
        _device.Kernels.Compiler.Compile([bound, bound]);
        _device.Kernels.Compiler.Compile([bound]);
        Assert.True(bound.IsCompiled);
        var report = Assert.Single(notices);
        Assert.Equal(2, report.Kernels);
        Assert.Equal(["splitsum"], report.Variants);
        Assert.Equal(2, _device.Kernels.Compiled.Kernels);
    }

    [Fact]
    public void Time_is_counted_once_where_compilations_overlap()
    {
        var compiler = new KernelCompiler(_device.Kernels.Traits);
        using var both = new Barrier(2);
        Parallel.Invoke(
            () => compiler.Count("a", [Method("First")], () => both.SignalAndWait(10_000)),
            () => compiler.Count("b", [Method("Second")], () => both.SignalAndWait(10_000)));
        var together = compiler.Report;
        Assert.Equal(2, together.Kernels);
        compiler.Count("c", [Method("First"), Method("Third")], () => Wait());
        Assert.Equal(3, compiler.Report.Kernels);
        Assert.True(compiler.Report.Time - together.Time >= TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public void A_kernel_that_does_not_compile_is_thrown_as_it_is()
    {
        var compiler = new KernelCompiler(_device.Kernels.Traits);
        Assert.Throws<DeviceException>(() => compiler.Compile([new Refused()]));
        Assert.Equal(0, compiler.Report.Kernels);
    }

    [Fact]
    public void A_report_is_a_sentence()
    {
        Assert.Equal("compiled 14 kernels for a card in 2.1 s", new CompileReport("a card", 14, TimeSpan.FromMilliseconds(2140), []).ToString());
        Assert.Equal("compiled 1 kernel for a card in 0.0 s", new CompileReport("a card", 1, TimeSpan.Zero, []).ToString());
    }

    private static MethodInfo Method(string name) =>
        typeof(Stages).GetMethod(name, BindingFlags.Public | BindingFlags.Static)!;

    private static bool Wait()
    {
        Thread.Sleep(25);
        return true;
    }

    private static class Stages
    {
        public static void First()
        {
        }

        public static void Second()
        {
        }

        public static void Third()
        {
        }
    }

    private sealed class Refused : LoadedKernel
    {
        public override bool IsCompiled => false;

        public override void Compile() => throw new DeviceException("refused");
    }
}
