using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>scale · q, q of 8 bits. An integer and its scale have 7 and 11 bits: their product is exact, and so is its
/// offset.</summary>
internal readonly unsafe struct EncodedQ8_0 : IInt8Weight
{
    private const int Signs = unchecked((int)0x80808080);

    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 4;

    public static int SharedBytes => 2;

    public static int ScaleBytes => 0;

    public static (int Unsigned, int Signed) ZeroPoint => (128, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TBits, TVector>(
        byte* cell, byte* block, int lanes, nint column, out TVector scale, out TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct
    {
        scale = TBits.Halves(cell + 2 * column);
        minimum = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prepare<TSimd, TBits, TVector>(ref TVector scale, ref TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct
    {
        minimum = TSimd.Multiply(scale, TSimd.Create(-TBits.ByteOffset));
        scale = TSimd.Multiply(scale, TSimd.Create(1f / TBits.ByteUnit));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number<TSimd, TBits, TVector>(TVector words, TVector upper, int place, TVector scale, TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct =>
        TSimd.MultiplyAdd(TBits.OffsetByte(words, place), scale, minimum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct
    {
        var words = block + 4 * (column + 2 * i * lanes);
        first = TLanes.Load(words);
        second = TLanes.Load(words + 4 * lanes);
        if (isUnsigned)
        {
            first = TLanes.Xor(first, TLanes.All(Signs));
            second = TLanes.Xor(second, TLanes.All(Signs));
        }
    }
}

/// <summary>scale · q, q of 4 bits from -8 to 7; exact.</summary>
internal readonly unsafe struct EncodedQ4_0 : IInt8Weight
{
    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 8;

    public static int SharedBytes => 2;

    public static int ScaleBytes => 0;

    public static (int Unsigned, int Signed) ZeroPoint => (8, 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TBits, TVector>(
        byte* cell, byte* block, int lanes, nint column, out TVector scale, out TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct
    {
        scale = TBits.Halves(cell + 2 * column);
        minimum = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number<TSimd, TBits, TVector>(TVector words, TVector upper, int place, TVector scale, TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct =>
        TSimd.Multiply(TBits.FourBitsLess8(words, place < 4 ? 8 * place : 8 * place - 28), scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct =>
        Int8Nibbles.Eight<TLanes, TFloat, TInt>(block + 4 * (column + i * lanes), out first, out second);
}

/// <summary>scale · q + minimum, q of 4 bits from 0 to 15: the product is exact, the sum is rounded once.</summary>
internal readonly unsafe struct EncodedQ4_1 : IInt8Weight
{
    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 8;

    public static int SharedBytes => 4;

    public static int ScaleBytes => 0;

    public static (int Unsigned, int Signed) ZeroPoint => (0, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TBits, TVector>(
        byte* cell, byte* block, int lanes, nint column, out TVector scale, out TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct
    {
        scale = TBits.Halves(cell + 2 * column);
        minimum = TBits.Halves(cell + 2 * (lanes + column));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number<TSimd, TBits, TVector>(TVector words, TVector upper, int place, TVector scale, TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct =>
        TSimd.MultiplyAdd(TBits.FourBits(words, place < 4 ? 8 * place : 8 * place - 28), scale, minimum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct =>
        Int8Nibbles.Eight<TLanes, TFloat, TInt>(block + 4 * (column + i * lanes), out first, out second);
}
