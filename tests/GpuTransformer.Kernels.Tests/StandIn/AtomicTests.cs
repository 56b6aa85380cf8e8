using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Atomic operations of groups that run at the same time on all cores.</summary>
public sealed class AtomicTests
{
    private const int Groups = 20_000;

    [Fact]
    public void IntegersLoseNothing()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Accelerator.Allocate1D([0, int.MinValue, int.MaxValue, 0, -1, 0, 0]);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(IntegerKernel);
        kernel((Groups, 1), output.View);
        int all = (1 << 15) - 1;
        Assert.Equal([Groups, Groups - 1, -Groups + 1, all, ~all, 0, Groups], output.GetAsArray1D());
    }

    [Fact]
    public void FloatsAndLongsLoseNothing()
    {
        using var device = BareDevice.Open("Default");
        using var floats = device.Accelerator.Allocate1D([0f, float.MinValue, float.MaxValue]);
        using var longs = device.Accelerator.Allocate1D([0L, long.MinValue]);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<long>>(WideKernel);
        kernel((Groups, 1), floats.View, longs.View);
        Assert.Equal([Groups * 0.5f, Groups - 1, 1 - Groups], floats.GetAsArray1D());
        Assert.Equal([Groups * 5_000_000_000L, 5_000_000_000L * (Groups - 1)], longs.GetAsArray1D());
    }

    private static void IntegerKernel(ArrayView<int> output)
    {
        int group = Grid.IdxX;
        Atomic.Add(ref output[0], 1);
        Atomic.Max(ref output[1], group);
        Atomic.Min(ref output[2], -group);
        Atomic.Or(ref output[3], group);
        Atomic.And(ref output[4], ~group);
        Atomic.Xor(ref output[5], group & ~1);
        // Each group takes one number: the loop ends when no other group came in between.
        int seen = output[6];
        int expected = seen - 1;
        while (seen != expected)
        {
            expected = seen;
            seen = Atomic.CompareExchange(ref output[6], expected, expected + 1);
        }
    }

    private static void WideKernel(ArrayView<float> floats, ArrayView<long> longs)
    {
        int group = Grid.IdxX;
        Atomic.Add(ref floats[0], 0.5f);
        Atomic.Max(ref floats[1], group);
        Atomic.Min(ref floats[2], -group);
        Atomic.Add(ref longs[0], 5_000_000_000L);
        Atomic.Max(ref longs[1], 5_000_000_000L * group);
    }
}
