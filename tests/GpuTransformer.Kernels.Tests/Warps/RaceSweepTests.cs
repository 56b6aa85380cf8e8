using System.Numerics;
using GpuTransformer.Diagnostics.Verify;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Every kernel variant under the stand-in's race check, with threads and groups in order, the other way round and
/// shuffled: no two threads touch one element between the same barriers unless both only read it, no two groups of a
/// launch either, and nothing of shared memory is read that was not written. Every other shape runs on a device whose warp
/// is its group, as PoCL's is: there many short rows share a group.</summary>
public sealed class RaceSweepTests
{
    private const int GroupShapes = 3;

    /// <summary>Room for two rows of the widest team.</summary>
    private const int WidestGroup = 256;

    private const ulong Seed = 5;

    public static TheoryData<string> Operations => new(OperationChecks.All.Select(check => check.Name));

    [SkippableTheory]
    [MemberData(nameof(Operations))]
    public void NoVariantHasARace(string operation)
    {
        Skip.IfNot(BareDevice.IsStandIn, "ILGPU's package has no race check.");
        using var devices = new WarpDevices();
        var cases = new VariantCases(operation, devices);
        var order = 0;
        foreach (var launch in cases.Some(VariantKind.Group, GroupShapes).Concat(cases.Some(VariantKind.Naive, 1)))
        {
            // Another order for every shape of a variant.
            var seed = RaceChecked.Seeds[order++ % RaceChecked.Seeds.Count];
            var group = Math.Max(order % 2 == 0 ? WidestGroup : 32, (int)BitOperations.RoundUpToPowerOf2((uint)launch.GroupSize));
            var outcome = cases.Launch(devices[order % 2 == 0 ? group : 32, group, seed], launch, Seed);
            Assert.True(outcome.Problem is null, $"{launch}, order {seed}: {outcome.Problem}");
        }
    }
}
