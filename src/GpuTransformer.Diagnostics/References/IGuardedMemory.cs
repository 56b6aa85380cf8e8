namespace GpuTransformer.Diagnostics.References;

/// <summary>Memory that a kernel writes, with guards around it.</summary>
internal interface IGuardedMemory : IDisposable
{
    /// <summary>Makes it as if nothing had been written.</summary>
    void Poison();

    /// <summary>The values, row after row, and what was written where nothing should be; null: nothing.</summary>
    float[] Read(out string? damage);
}
