using GpuTransformer.Weights.Blocks;

namespace GpuTransformer.Weights;

/// <summary>Widens one stored row to float32 at an address: what a tile calls for each row that it reads from a mapped
/// table. The values are those of <see cref="WeightSource.CopyFloat32"/>.</summary>
internal static unsafe class RowWidening
{
    /// <summary>The function for a kind of elements, or null where rows of this width do not begin at an address of their
    /// own, or elements are not widened exactly.</summary>
    public static delegate*<byte*, float*, int, void> Of(WeightDtype dtype, long width) =>
        width % dtype.BlockElements() != 0 ? null : dtype switch
        {
            WeightDtype.F32 => &F32,
            WeightDtype.F16 => &F16,
            WeightDtype.BF16 => &BF16,
            WeightDtype.Q4_0 => &Q4_0,
            WeightDtype.Q4_1 => &Q4_1,
            WeightDtype.Q5_0 => &Q5_0,
            WeightDtype.Q5_1 => &Q5_1,
            WeightDtype.Q8_0 => &Q8_0,
            WeightDtype.Q2_K => &Q2_K,
            WeightDtype.Q3_K => &Q3_K,
            WeightDtype.Q4_K => &Q4_K,
            WeightDtype.Q5_K => &Q5_K,
            WeightDtype.Q6_K => &Q6_K,
            _ => null,
        };

    private static void F32(byte* row, float* values, int width) => Plain(WeightDtype.F32, row, values, width);

    private static void F16(byte* row, float* values, int width) => Plain(WeightDtype.F16, row, values, width);

    private static void BF16(byte* row, float* values, int width) => Plain(WeightDtype.BF16, row, values, width);

    private static void Q4_0(byte* row, float* values, int width) => Blocks(WeightDtype.Q4_0, row, values, width);

    private static void Q4_1(byte* row, float* values, int width) => Blocks(WeightDtype.Q4_1, row, values, width);

    private static void Q5_0(byte* row, float* values, int width) => Blocks(WeightDtype.Q5_0, row, values, width);

    private static void Q5_1(byte* row, float* values, int width) => Blocks(WeightDtype.Q5_1, row, values, width);

    private static void Q8_0(byte* row, float* values, int width) => Blocks(WeightDtype.Q8_0, row, values, width);

    private static void Q2_K(byte* row, float* values, int width) => Blocks(WeightDtype.Q2_K, row, values, width);

    private static void Q3_K(byte* row, float* values, int width) => Blocks(WeightDtype.Q3_K, row, values, width);

    private static void Q4_K(byte* row, float* values, int width) => Blocks(WeightDtype.Q4_K, row, values, width);

    private static void Q5_K(byte* row, float* values, int width) => Blocks(WeightDtype.Q5_K, row, values, width);

    private static void Q6_K(byte* row, float* values, int width) => Blocks(WeightDtype.Q6_K, row, values, width);

    private static void Plain(WeightDtype dtype, byte* row, float* values, int width) =>
        Widening.ToFloat32(dtype, new ReadOnlySpan<byte>(row, width * dtype.Bytes()), new Span<float>(values, width), out _);

    private static void Blocks(WeightDtype dtype, byte* row, float* values, int width) => BlockDecoder.Decode(
        dtype, new ReadOnlySpan<byte>(row, width / dtype.BlockElements() * dtype.Bytes()), 0, new Span<float>(values, width));
}
