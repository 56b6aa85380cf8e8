namespace GpuTransformer.Kernels.Tests;

/// <summary>Where a test matrix lies in its buffer: aligned for 128-bit accesses, or as badly as can be.</summary>
internal readonly record struct Place(bool Aligned)
{
    public int Offset => Aligned ? 12 : 3;

    /// <summary>Wider than the row.</summary>
    public int Stride(int width) => Aligned ? (width + 7) / 4 * 4 : (width + 2) | 1;

    public PaddedInput Input(TestDevice device, float[] values, int rows, int width) =>
        new(device, values, rows, width, Offset, Stride(width));

    public GuardedOutput Output(TestDevice device, int rows, int width) =>
        new(device, rows, width, Stride(width), Aligned ? 64 : 61);
}
