using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>How many floats of workspace a variant needs for these arguments on a device; 0: none.</summary>
internal delegate long WorkspaceSize<TArgs>(DeviceTraits traits, in TArgs args) where TArgs : struct;

/// <summary>Hands a workspace to the kernel: sets the view (and what says that it is used) in the arguments.</summary>
internal delegate void WorkspaceAttachment<TArgs>(ref TArgs args, ArrayView<float> workspace) where TArgs : struct;

/// <summary>Memory that a variant needs beside its arguments, such as the partial sums of a split. What it holds at the
/// start is not defined, its first element is at a 256-byte boundary, and it is the launch's alone until its stages ran:
/// a session has one for all its nodes, a public Run one a stream, which both keep their order.</summary>
internal sealed record VariantWorkspace<TArgs>(WorkspaceSize<TArgs> Floats, WorkspaceAttachment<TArgs> Attach)
    where TArgs : struct;

/// <summary>A second kernel that runs after the first over the same arguments, such as the merge of a split.</summary>
internal sealed record KernelStage<TArgs>(Action<TArgs> Kernel, Func<DeviceTraits, ArgsFunction<TArgs, KernelConfig>> Grid)
    where TArgs : struct
{
    /// <inheritdoc cref="KernelVariant{TArgs}.Limits"/>
    public KernelSpecialization Limits { get; init; }
}

/// <summary>What a variant says of arguments on a device.</summary>
/// <param name="IsSupported">Whether it can run and is meant for them; tests run it on others too.</param>
/// <param name="WorkspaceFloats">Floats of workspace.</param>
/// <param name="Grid">Groups and group size of the first stage.</param>
/// <param name="SecondGrid">Those of the second, where there is one.</param>
internal readonly record struct VariantAnswer(
    bool IsSupported, long WorkspaceFloats, KernelConfig Grid, KernelConfig SecondGrid);

/// <summary>A variant that is an ILGPU kernel with explicit groups, or two of them one after the other.</summary>
internal sealed class KernelVariant<TArgs> : Variant<TArgs>
    where TArgs : struct
{
    /// <param name="name">Technique, as reports show it.</param>
    /// <param name="kind">Naive or Group.</param>
    /// <param name="kernel">The static kernel method.</param>
    /// <param name="grid">Groups and group size for the capacity of these arguments on a device.</param>
    /// <param name="supports">Group size, shared memory, alignment; null: always.</param>
    public KernelVariant(
        string name,
        VariantKind kind,
        Action<TArgs> kernel,
        Func<DeviceTraits, ArgsFunction<TArgs, KernelConfig>> grid,
        VariantPredicate<TArgs>? supports = null)
        : base(name, kind, supports)
    {
        Kernel = kernel;
        Grid = grid;
    }

    public Action<TArgs> Kernel { get; }

    /// <summary>Made once for a device, then asked at each launch.</summary>
    public Func<DeviceTraits, ArgsFunction<TArgs, KernelConfig>> Grid { get; }

    /// <summary>The largest group that is ever launched and the groups a multiprocessor that are wanted: what CUDA's compiler
    /// shares the registers by. A kernel of more than 64 registers must say it: a multiprocessor has 64 for each of 1024
    /// threads, and a group that needs more than there are is refused at its launch. Default: any.</summary>
    public KernelSpecialization Limits { get; init; }

    /// <summary>Where the device can run it at all, when it is meant for fewer shapes than that; null: it is not.</summary>
    public VariantPredicate<TArgs>? Allowed { get; init; }

    /// <summary>The only size of warp that the kernel is right on; 0: any. Others decline it, and a test lists it.</summary>
    public int RequiredWarp { get; init; }

    /// <summary>Memory beside the arguments; null: none.</summary>
    public VariantWorkspace<TArgs>? Workspace { get; init; }

    /// <summary>What runs after the first kernel; null: nothing.</summary>
    public KernelStage<TArgs>? Second { get; init; }

    public override bool Supports(DeviceTraits traits, in TArgs args) => HasWarp(traits) && base.Supports(traits, args);

    public override bool Allows(DeviceTraits traits, in TArgs args) =>
        HasWarp(traits) && (Allowed is null ? Supports(traits, args) : Allowed(traits, args));

    private bool HasWarp(DeviceTraits traits) => RequiredWarp == 0 || traits.WarpSize == RequiredWarp;
}
