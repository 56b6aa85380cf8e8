using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>How much of the sweep is run.</summary>
internal enum SweepExtent
{
    /// <summary>One whole tile and one ragged shape a kernel, one run each, for tools that watch memory.</summary>
    Smoke,

    /// <summary>The edges of every tile.</summary>
    Quick,

    /// <summary>Also many tiles and long rows.</summary>
    Full,
}

/// <summary>What the shapes of a sweep depend on: the device and the extent.</summary>
internal sealed record SweepPlan(DeviceTraits Traits, SweepExtent Extent)
{
    public bool IsSmoke => Extent == SweepExtent.Smoke;

    /// <summary>Shapes of many groups, on a graphics card: on a processor a barrier of ILGPU's CPU accelerator takes a
    /// millisecond, and an OpenCL driver minutes for what a card does in one.</summary>
    public bool IsLarge => Extent == SweepExtent.Full && Traits is { Kind: not DeviceKind.Cpu, IsOpenClCpu: false };

    /// <summary>The smoke shapes, then the edges, then the large ones, as far as the extent goes.</summary>
    public IEnumerable<T> Pick<T>(IEnumerable<T> smoke, IEnumerable<T> edges, IEnumerable<T> large) =>
        IsSmoke ? smoke : IsLarge ? [.. smoke, .. edges, .. large] : [.. smoke, .. edges];
}
