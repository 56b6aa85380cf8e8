using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>(d · scale) · q - (dmin · minimum), scale and minimum of 6 bits, q of 4: the products are exact, the difference
/// is rounded once.</summary>
internal readonly unsafe struct EncodedQ4_K<TSimd, TBits, TVector> : IEncodedWeight<TVector>
    where TSimd : ISimd<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
{
    public static int CellK => 256;

    public static int BlockK => 32;

    public static int WordK => 8;

    public static int CellBytes => 148;

    public static int SharedBytes => 4;

    public static int BlockBytes => 18;

    public static int ScaleBytes => 2;

    public static int UpperBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* cell, byte* block, out TVector scale, out TVector minimum)
    {
        scale = TSimd.Multiply(TBits.Halves(cell), TBits.UnsignedBytes(block));
        var least = TSimd.Subtract(default, TBits.Halves(cell + 2 * TSimd.Lanes));
        minimum = TSimd.Multiply(least, TBits.UnsignedBytes(block + TSimd.Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number(TVector words, TVector upper, int place, TVector scale, TVector minimum) =>
        TSimd.MultiplyAdd(TBits.FourBits(words, place < 4 ? 8 * place : 8 * place - 28), scale, minimum);
}

/// <summary>(d · scale) · q, scale a signed byte, q of 6 bits from -32 to 31: at most 11, 7 and 5 bits, so that all is exact.</summary>
internal readonly unsafe struct EncodedQ6_K<TSimd, TBits, TVector> : IEncodedWeight<TVector>
    where TSimd : ISimd<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
{
    public static int CellK => 256;

    public static int BlockK => 16;

    public static int WordK => 8;

    public static int CellBytes => 210;

    public static int SharedBytes => 2;

    public static int BlockBytes => 13;

    public static int ScaleBytes => 1;

    public static int UpperBytes => 9;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* cell, byte* block, out TVector scale, out TVector minimum)
    {
        scale = TSimd.Multiply(TBits.Halves(cell), TBits.SignedBytes(block));
        minimum = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number(TVector words, TVector upper, int place, TVector scale, TVector minimum) =>
        TSimd.Multiply(
            TBits.SixBitsLess32(words, place < 4 ? 8 * place : 8 * place - 28, upper, place < 4 ? 8 * place : 8 * place - 30), scale);
}
