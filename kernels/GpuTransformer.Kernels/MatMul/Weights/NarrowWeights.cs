using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Float16 in rows of whole cells: word w of a row holds elements 2w (low half) and 2w + 1.</summary>
internal struct HalfWeight : IMatMulWeight
{
    public static WeightEncoding Encoding => WeightEncoding.F16;

    public static bool NeedsAlignment => true;

    public static bool IsPadded => true;

    public static int QuadsOfCell => 2;

    public static bool HasScales => false;

    /// <summary>The float16 in the upper half of a word, exactly: sign, exponent and mantissa move to their places in a
    /// float32, and 2^112 makes up for the bias of the exponents, which also turns subnormals into normal numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Upper(int word) =>
        Interop.IntAsFloat((uint)(word >> 3) & 0x8FFFE000u) * 5.192296858534828e33f;

    public static int Start(int row, int quad, int step) => row + (quad << 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Quad(ArrayView<float> data, int start, int k, int quad, int step)
    {
        var words = data.Cast<Words2>()[(start + (k >> 1)) >> 1];
        return Widen(words.X, words.Y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Element(ArrayView<float> data, int row, int k, int step) =>
        Upper(data.Cast<int>()[row + (k >> 1)] << ((~k & 1) << 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words4 Cell(ArrayView<float> data, int row, int k, int lengthK, int step) =>
        data.Cast<Words4>()[(row + (Math.Min(k, (lengthK - 1) & -8) >> 1)) >> 2];

    public static Words4 LastCell(Words4 cell, int count) => cell;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Widen(Words4 cell, int quad, float scale) =>
        quad == 0 ? Widen(cell.X, cell.Y) : Widen(cell.Z, cell.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Widen(int first, int second)
    {
        Float4 quad;
        quad.X = Upper(first << 16);
        quad.Y = Upper(first);
        quad.Z = Upper(second << 16);
        quad.W = Upper(second);
        return quad;
    }
}

/// <summary>Bfloat16 in rows of whole cells: word w of a row holds elements 2w (low half) and 2w + 1.</summary>
internal struct BFloat16Weight : IMatMulWeight
{
    private const int UpperHalf = unchecked((int)0xFFFF0000);

    public static WeightEncoding Encoding => WeightEncoding.BF16;

    public static bool NeedsAlignment => true;

    public static bool IsPadded => true;

    public static int QuadsOfCell => 2;

    public static bool HasScales => false;

    public static int Start(int row, int quad, int step) => row + (quad << 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Quad(ArrayView<float> data, int start, int k, int quad, int step)
    {
        var words = data.Cast<Words2>()[(start + (k >> 1)) >> 1];
        return Widen(words.X, words.Y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Element(ArrayView<float> data, int row, int k, int step) =>
        Interop.IntAsFloat((uint)(data.Cast<int>()[row + (k >> 1)] << ((~k & 1) << 4)) & 0xFFFF0000u);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words4 Cell(ArrayView<float> data, int row, int k, int lengthK, int step) =>
        data.Cast<Words4>()[(row + (Math.Min(k, (lengthK - 1) & -8) >> 1)) >> 2];

    public static Words4 LastCell(Words4 cell, int count) => cell;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Widen(Words4 cell, int quad, float scale) =>
        quad == 0 ? Widen(cell.X, cell.Y) : Widen(cell.Z, cell.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Widen(int first, int second)
    {
        Float4 quad;
        quad.X = Interop.IntAsFloat((uint)(first << 16));
        quad.Y = Interop.IntAsFloat((uint)(first & UpperHalf));
        quad.Z = Interop.IntAsFloat((uint)(second << 16));
        quad.W = Interop.IntAsFloat((uint)(second & UpperHalf));
        return quad;
    }
}

/// <summary>64 bits as they are stored.</summary>
internal struct Words2
{
    public int X;
    public int Y;
}
