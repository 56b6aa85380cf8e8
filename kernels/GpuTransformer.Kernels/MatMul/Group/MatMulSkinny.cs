namespace GpuTransformer.Kernels;

/// <summary>Sizes of the kernel for few rows, which do not depend on its type parameters.</summary>
internal static class MatMulSkinny
{
    public const int Threads = 256;

    public const int RowShift = 3;

    /// <summary>Of 8-bit weights, which takes most.</summary>
    public const int MostSharedBytes = (8 * 64 + 17 * 128) * 16;

    /// <summary>Columns of a group by the quads of numbers in 128 bits of weight: 32 of float32, 64 of 16 bits, 128 of
    /// 8 bits, always about 32 KB.</summary>
    public static int ColumnShift(int quadsOfCell) => 4 + quadsOfCell - (quadsOfCell >> 2);

    /// <summary>The same by encoding.</summary>
    public static int ColumnShiftOf(int encoding) => ColumnShift((WeightEncoding)encoding switch
    {
        WeightEncoding.F32 => 1,
        WeightEncoding.Q8_0 => 4,
        _ => 2,
    });
}
