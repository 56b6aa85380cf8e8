using System.Numerics;

namespace GpuTransformer.Kernels;

/// <summary>Shapes that are tuned alike: sizes between two powers of two fall together, and what cannot be compared (an
/// encoding, a head size) stays apart. A choice was measured at the upper end.</summary>
/// <param name="Rows">Class of the rows.</param>
/// <param name="Columns">Class of the columns.</param>
/// <param name="Depth">Class of the length of the sums, or of the keys.</param>
/// <param name="Kind">What else distinguishes them.</param>
internal readonly record struct ShapeClass(int Rows, int Columns, int Depth, int Kind)
{
    /// <summary>The power of two that a size does not exceed: 0 for 1, 7 for 65 to 128.</summary>
    public static int Of(long size) => size <= 1 ? 0 : BitOperations.Log2((ulong)(size - 1)) + 1;
}
