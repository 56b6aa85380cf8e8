using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.References;

/// <summary>Where a matrix lies in its buffer: aligned for 128-bit accesses, or as badly as can be.</summary>
internal readonly record struct Place(bool Aligned)
{
    public int Offset => Aligned ? 12 : 3;

    /// <summary>Wider than the row.</summary>
    public int Stride(int width) => Aligned ? (width + 7) / 4 * 4 : (width + 2) | 1;

    public PaddedInput Input(Accelerator accelerator, float[] values, int rows, int width) =>
        new(accelerator, values, rows, width, Offset, Stride(width));

    public GuardedOutput Output(Accelerator accelerator, int rows, int width) =>
        new(accelerator, rows, width, Stride(width), Aligned ? 64 : 61);
}
