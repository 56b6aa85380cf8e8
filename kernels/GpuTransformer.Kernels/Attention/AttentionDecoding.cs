using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>The variants for few query rows, with their choice of groups.</summary>
internal static class AttentionDecoding<TScore>
    where TScore : struct, IScorePolicy
{
    /// <summary>Groups a multiprocessor below which keys are split, and at which splitting ends.</summary>
    private const int FewGroups = 2;
    private const int EnoughGroups = 4;

    /// <summary>Registers of 64 K for four groups of 128 threads: 128 a thread.</summary>
    private static readonly KernelSpecialization Limits = new(AttentionLines.Threads, EnoughGroups);

    public static readonly KernelVariant<AttentionArgs<TScore>> Row = new(
        "attention-row", VariantKind.Group, AttentionGroupRow<TScore>.Kernel,
        _ => (in AttentionArgs<TScore> args) => Grid(args, 1),
        (DeviceTraits traits, in AttentionArgs<TScore> args) =>
            CanRun(traits, args) && traits.SharedBytes >= AttentionGroupRow<TScore>.SharedBytes)
    {
        Limits = Limits,
    };

    public static readonly KernelVariant<AttentionArgs<TScore>> Split = new(
        "attention-split", VariantKind.Group, AttentionGroupSplit<TScore>.Kernel,
        traits => (in AttentionArgs<TScore> args) => Grid(args, Splits(traits, args)),
        (DeviceTraits traits, in AttentionArgs<TScore> args) =>
            CanRun(traits, args)
            && Splits(traits, args) > 1
            && args.NumHeads <= AttentionOperation<TScore>.MostGroupsInY
            && AttentionPartials.Floats(args) <= int.MaxValue)
    {
        Limits = Limits,
        Workspace = new VariantWorkspace<AttentionArgs<TScore>>(
            (DeviceTraits _, in AttentionArgs<TScore> args) => AttentionPartials.Floats(args),
            (ref AttentionArgs<TScore> args, ArrayView<float> workspace) => args.Partials = workspace),
        Second = new KernelStage<AttentionArgs<TScore>>(
            AttentionGroupSplitMerge<TScore>.Kernel,
            _ => (in AttentionArgs<TScore> args) => new KernelConfig(
                new Index3D(Math.Max(1, args.Blocks.Capacity * args.BlockRows), args.NumHeads, 1),
                new Index3D(AttentionGroupSplitMerge<TScore>.Threads, 1, 1))),
    };

    /// <summary>Into how many parts the keys of a group's lines are cut: 1 where there are enough groups without, and no
    /// part smaller than a pass.</summary>
    internal static int Splits(DeviceTraits traits, in AttentionArgs<TScore> args)
    {
        var groups = Groups(args);
        if (groups >= (long)FewGroups * traits.Multiprocessors)
        {
            return 1;
        }

        var passTiles = AttentionLines.Threads >> AttentionLines.DimShiftOf(args.Pages.HeadDim);
        var passes = (AttentionPartials.Tiles(args.Pages) + passTiles - 1) / passTiles;
        var wanted = ((long)EnoughGroups * traits.Multiprocessors + groups - 1) / groups;
        return (int)Math.Min(passes, wanted);
    }

    private static bool CanRun(DeviceTraits traits, in AttentionArgs<TScore> args) =>
        args.BlockRows <= AttentionGroupRow<TScore>.MostRows
        && args.Pages.HeadDim <= AttentionLines.MaxHeadDim
        && traits.MaxGroupSize >= AttentionLines.Threads
        && traits.SharedBytes >= AttentionLines.SharedBytes
        && args.Pages.NumKvHeads <= AttentionOperation<TScore>.MostGroupsInY
        && ShapeCheck.IsVectorAligned(args.Pages.Keys)
        && ShapeCheck.IsVectorAligned(args.Pages.Values);

    /// <summary>Groups with something to do, at capacity: blocks may be of fewer rows than they might be.</summary>
    private static long Groups(in AttentionArgs<TScore> args)
    {
        var lines = args.RowTable.Length / 4 * (args.NumHeads / args.Pages.NumKvHeads);
        var most = (long)Blocks(args);
        var ofLines = (lines + AttentionLines.Count - 1) / AttentionLines.Count;
        return Math.Max(1, Math.Min(most, Math.Max(ofLines, args.Blocks.Capacity)) * args.Pages.NumKvHeads);
    }

    private static int Blocks(in AttentionArgs<TScore> args) =>
        args.Blocks.Capacity * AttentionLines.Parts(args.BlockRows, args.NumHeads, args.Pages.NumKvHeads);

    private static KernelConfig Grid(in AttentionArgs<TScore> args, int splits) => new(
        new Index3D(Math.Max(1, Blocks(args)), args.Pages.NumKvHeads, splits), new Index3D(AttentionLines.Threads, 1, 1));
}
