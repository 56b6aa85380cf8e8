using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Algorithms.ScanReduceOperations;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Shuffles on warps of 4, 16, 32 and 64 lanes.</summary>
public sealed class WarpTests
{
    private const int Results = 9;

    [Theory]
    [InlineData("Default", 16)]
    [InlineData("Intel", 48)]
    [InlineData("Nvidia", 64)]
    [InlineData("LegacyAMD", 64)]
    public void ShufflesMoveValuesBetweenLanes(string kind, int groupSize)
    {
        using var device = BareDevice.Open(kind);
        using var output = device.Zeros(groupSize * Results);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(ShuffleKernel);
        kernel((1, groupSize), output.View);
        var actual = output.GetAsArray1D();
        int warpSize = device.Accelerator.WarpSize;
        for (int t = 0; t < groupSize; t++)
            Assert.Equal(Expected(t, warpSize), actual[(t * Results)..((t + 1) * Results)]);
    }

    [Theory]
    [InlineData("Default")]
    [InlineData("Nvidia")]
    public void ReductionsCoverTheWarp(string kind)
    {
        using var device = BareDevice.Open(kind);
        int warpSize = device.Accelerator.WarpSize;
        using var output = device.Zeros(warpSize * 2);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(WarpReduceKernel);
        kernel((1, warpSize * 2), output.View);
        var actual = output.GetAsArray1D();
        int first = warpSize * (warpSize - 1) / 2;
        Assert.All(actual[..warpSize], value => Assert.Equal(first, value));
        Assert.All(actual[warpSize..], value => Assert.Equal(first + (warpSize * warpSize), value));
    }

    [Fact]
    public void ALaneKnowsItsPlace()
    {
        using var device = BareDevice.Open("Default");
        using var output = device.Zeros(10);
        var kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>>(LaneKernel);
        kernel((1, 10), output.View);
        Assert.Equal([1400, 401, 402, 2403, 1410, 411, 412, 2413, 1420, 421], output.GetAsArray1D());
    }

    /// <summary>What the lane of thread <paramref name="t"/> receives; out of bounds leaves its own value.</summary>
    private static int[] Expected(int t, int warpSize)
    {
        int lane = t % warpSize;
        int warp = t - lane;
        int half = warpSize / 2;
        int segment = t - (lane % half);
        int inSegment = lane % half;
        return
        [
            warp + 1,
            lane + 1 < warpSize ? t + 1 : t,
            lane > 0 ? t - 1 : t,
            warp + (lane ^ 1),
            inSegment + 1 < half ? t + 1 : t,
            inSegment > 0 ? t - 1 : t,
            segment + (inSegment ^ 1),
            warp + warpSize - 1,
            lane + warpSize - 1 < warpSize ? t + warpSize - 1 : t,
        ];
    }

    private static void ShuffleKernel(ArrayView<int> output)
    {
        int thread = Group.IdxX;
        int slot = thread * Results;
        int half = Warp.WarpSize >> 1;
        output[slot] = Warp.Shuffle(thread, 1);
        output[slot + 1] = Warp.ShuffleDown(thread, 1);
        output[slot + 2] = Warp.ShuffleUp(thread, 1);
        output[slot + 3] = Warp.ShuffleXor(thread, 1);
        output[slot + 4] = Warp.ShuffleDown(thread, 1, half);
        output[slot + 5] = Warp.ShuffleUp(thread, 1, half);
        output[slot + 6] = Warp.ShuffleXor(thread, 1, half);
        output[slot + 7] = Warp.Broadcast(thread, Warp.WarpSize - 1);
        // Shuffles follow each other without a barrier: a lane must not overtake the others' reads.
        output[slot + 8] = Warp.ShuffleDown(thread, Warp.WarpSize - 1);
    }

    private static void WarpReduceKernel(ArrayView<int> output)
    {
        int thread = Group.IdxX;
        int sum = WarpExtensions.AllReduce<int, AddInt32>(thread);
        if (thread < output.IntLength)
            output[thread] = sum;
    }

    private static void LaneKernel(ArrayView<int> output) =>
        output[Group.IdxX] = (Warp.IsFirstLane ? 1000 : 0) + (Warp.IsLastLane ? 2000 : 0) +
            (Warp.WarpSize * 100) + (Warp.WarpIdx * 10) + Warp.LaneIdx;
}
