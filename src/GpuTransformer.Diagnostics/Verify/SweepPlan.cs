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

    /// <summary>Shapes of many groups. ILGPU's CPU accelerator takes a millisecond a barrier, so there only the edges.</summary>
    public bool IsLarge => Extent == SweepExtent.Full && Traits.Kind != DeviceKind.Cpu;

    /// <summary>The smoke shapes, then the edges, then the large ones, as far as the extent goes.</summary>
    public IEnumerable<T> Pick<T>(IEnumerable<T> smoke, IEnumerable<T> edges, IEnumerable<T> large) =>
        IsSmoke ? smoke : IsLarge ? [.. smoke, .. edges, .. large] : [.. smoke, .. edges];
}
