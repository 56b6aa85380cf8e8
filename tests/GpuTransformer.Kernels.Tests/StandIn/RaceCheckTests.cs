using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The stand-in's race check finds each kind of race in kernels that have one, and nothing in kernels that have
/// none.</summary>
public sealed class RaceCheckTests
{
    [SkippableTheory]
    [InlineData(nameof(RacyKernels.ReadsTheNeighbour), "with no barrier between", "shared or local")]
    [InlineData(nameof(RacyKernels.WritesWhatTheNeighbourReads), "with no barrier between", "shared or local")]
    [InlineData(nameof(RacyKernels.AllWriteOnePlace), "is written by group (", "and written by thread")]
    [InlineData(nameof(RacyKernels.ReadsTheNeighboursOutput), "with no barrier between", "of a buffer of 256")]
    [InlineData(nameof(RacyKernels.GroupsWriteOnePlace), "is written by group (", "of the launch")]
    [InlineData(nameof(RacyKernels.ReadsAnotherGroupsOutput), "of a buffer of 256", "of the launch")]
    [InlineData(nameof(RacyKernels.CountsPlainly), "and written by thread", "of a buffer of 256")]
    [InlineData(nameof(RacyKernels.CountsHalfAtomically), "updated atomically", "with no barrier between")]
    [InlineData(nameof(RacyKernels.ReducesTwiceInOnePlace), "with no barrier between", "shared or local")]
    [InlineData(nameof(RacyKernels.ReadsWhatNobodyWrote), "before anyone wrote it", "shared or local")]
    [InlineData(nameof(RacyKernels.WarpBarrierAcrossWarps), "with no barrier between", "shared or local")]
    [InlineData(nameof(RacyKernels.WritesOnceMoreThroughAnOldReference), "with no barrier between", "shared or local")]
    [InlineData(nameof(RacyKernels.ReadsTheNeighboursByte), "with no barrier between", "shared or local")]
    public void ARaceIsFoundInAnyOrder(string kernel, params string[] words)
    {
        Skip.IfNot(BareDevice.IsStandIn, "ILGPU's package has no race check.");
        foreach (int seed in RaceChecked.Seeds)
        {
            var message = Assert.Throws<InvalidOperationException>(() => Run(typeof(RacyKernels), kernel, seed)).Message;
            Assert.Contains($"race check of {nameof(RacyKernels)}.{kernel}", message, StringComparison.Ordinal);
            Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        }
    }

    [SkippableTheory]
    [InlineData(nameof(OrderlyKernels.ReadsTheNeighbour))]
    [InlineData(nameof(OrderlyKernels.CountsAtomically))]
    [InlineData(nameof(OrderlyKernels.ReadsInsideTheWarp))]
    [InlineData(nameof(OrderlyKernels.WritesItsOwnByte))]
    [InlineData(nameof(OrderlyKernels.AllReadOnePlace))]
    [InlineData(nameof(OrderlyKernels.ReducesTwice))]
    [InlineData(nameof(OrderlyKernels.WritesMinusOne))]
    [InlineData(nameof(OrderlyKernels.WritesAfterABarrierWhatItNamedBefore))]
    public void WhatIsInOrderPassesInAnyOrder(string kernel)
    {
        Skip.IfNot(BareDevice.IsStandIn, "ILGPU's package has no race check.");
        var plain = Run(typeof(OrderlyKernels), kernel, null);
        Assert.All(RaceChecked.Seeds, seed => Assert.Equal(plain, Run(typeof(OrderlyKernels), kernel, seed)));
    }

    [SkippableFact]
    public void WhatDependsOnTheOrderOfAtomicUpdatesShowsItself()
    {
        Skip.IfNot(BareDevice.IsStandIn, "ILGPU's package has no race check.");
        var results = RaceChecked.Seeds.Select(seed => string.Join(' ', Run(typeof(OrderlyKernels), nameof(OrderlyKernels.TakesTickets), seed)));
        Assert.Equal(RaceChecked.Seeds.Count, results.Distinct().Count());
    }

    [SkippableFact]
    public void ALaunchAfterARaceBeginsAnew()
    {
        Skip.IfNot(BareDevice.IsStandIn, "ILGPU's package has no race check.");
        using var device = BareDevice.Open("Default");
        RaceChecked.Enable(device.Accelerator, 0);
        using var output = device.Zeros(RacyKernels.Length);
        var racy = device.Accelerator.LoadStreamKernel<ArrayView<int>>(RacyKernels.AllWriteOnePlace);
        var orderly = device.Accelerator.LoadStreamKernel<ArrayView<int>>(OrderlyKernels.ReadsTheNeighbour);
        for (int round = 0; round < 2; round++)
        {
            Assert.Throws<InvalidOperationException>(() => racy((2, RacyKernels.Threads), output.View));
            orderly((2, RacyKernels.Threads), output.View);
        }
    }

    private static int[] Run(Type kernels, string name, int? seed)
    {
        using var device = BareDevice.Open("Default");
        if (seed is { } order)
            RaceChecked.Enable(device.Accelerator, order);
        using var output = device.Zeros(RacyKernels.Length);
        var kernel = kernels.GetMethod(name)!.CreateDelegate<Action<ArrayView<int>>>();
        device.Accelerator.LoadStreamKernel(kernel)((2, RacyKernels.Threads), output.View);
        return output.GetAsArray1D();
    }
}
