using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>scale · q, q of 8 bits. An integer and its scale have 7 and 11 bits: their product is
/// exact, and so is its offset.</summary>
internal readonly unsafe struct EncodedQ8_0<TSimd, TBits, TVector> : IEncodedWeight<TVector>
    where TSimd : ISimd<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
{
    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 4;

    public static int CellBytes => 34;

    public static int SharedBytes => 2;

    public static int BlockBytes => 32;

    public static int ScaleBytes => 0;

    public static int UpperBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* cell, byte* block, out TVector scale, out TVector minimum)
    {
        var half = TBits.Halves(cell);
        scale = TSimd.Multiply(half, TSimd.Create(1f / TBits.ByteUnit));
        minimum = TSimd.Multiply(half, TSimd.Create(-TBits.ByteOffset));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number(TVector words, TVector upper, int place, TVector scale, TVector minimum) =>
        TSimd.MultiplyAdd(TBits.OffsetByte(words, place), scale, minimum);
}

/// <summary>scale · q, q of 4 bits from -8 to 7; exact.</summary>
internal readonly unsafe struct EncodedQ4_0<TSimd, TBits, TVector> : IEncodedWeight<TVector>
    where TSimd : ISimd<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
{
    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 8;

    public static int CellBytes => 18;

    public static int SharedBytes => 2;

    public static int BlockBytes => 16;

    public static int ScaleBytes => 0;

    public static int UpperBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* cell, byte* block, out TVector scale, out TVector minimum)
    {
        scale = TBits.Halves(cell);
        minimum = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number(TVector words, TVector upper, int place, TVector scale, TVector minimum) =>
        TSimd.Multiply(TBits.FourBitsLess8(words, place < 4 ? 8 * place : 8 * place - 28), scale);
}

/// <summary>scale · q + minimum, q of 4 bits from 0 to 15: the product is exact, the sum is rounded once.</summary>
internal readonly unsafe struct EncodedQ4_1<TSimd, TBits, TVector> : IEncodedWeight<TVector>
    where TSimd : ISimd<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
{
    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 8;

    public static int CellBytes => 20;

    public static int SharedBytes => 4;

    public static int BlockBytes => 16;

    public static int ScaleBytes => 0;

    public static int UpperBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* cell, byte* block, out TVector scale, out TVector minimum)
    {
        scale = TBits.Halves(cell);
        minimum = TBits.Halves(cell + 2 * TSimd.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number(TVector words, TVector upper, int place, TVector scale, TVector minimum) =>
        TSimd.MultiplyAdd(TBits.FourBits(words, place < 4 ? 8 * place : 8 * place - 28), scale, minimum);
}
