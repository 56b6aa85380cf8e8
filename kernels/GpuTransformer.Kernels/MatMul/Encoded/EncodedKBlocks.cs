using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>(d · scale) · q - (dmin · minimum), scale and minimum of 6 bits, q of 4: the products are exact, the difference
/// is rounded once.</summary>
internal readonly unsafe struct EncodedQ4_K : IInt8Weight
{
    public static int CellK => 256;

    public static int BlockK => 32;

    public static int WordK => 8;

    public static int SharedBytes => 4;

    public static int ScaleBytes => 2;

    public static (int Unsigned, int Signed) ZeroPoint => (0, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TBits, TVector>(
        byte* cell, byte* block, int lanes, nint column, out TVector scale, out TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct
    {
        scale = TSimd.Multiply(TBits.Halves(cell + 2 * column), TBits.UnsignedBytes(block + column));
        var least = TSimd.Subtract(default, TBits.Halves(cell + 2 * (lanes + column)));
        minimum = TSimd.Multiply(least, TBits.UnsignedBytes(block + lanes + column));
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
        Int8Nibbles.Eight<TLanes, TFloat, TInt>(block + 2 * lanes + 4 * (column + i * lanes), out first, out second);
}

/// <summary>(d · scale) · q, scale a signed byte, q of 6 bits from -32 to 31: at most 11, 7 and 5 bits, so that all is exact.</summary>
internal readonly unsafe struct EncodedQ6_K : IInt8Weight
{
    private const int Upper = 0x30303030;

    public static int CellK => 256;

    public static int BlockK => 16;

    public static int WordK => 8;

    public static int SharedBytes => 2;

    public static int ScaleBytes => 1;

    public static bool HasUpper => true;

    public static (int Unsigned, int Signed) ZeroPoint => (32, 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TBits, TVector>(
        byte* cell, byte* block, int lanes, nint column, out TVector scale, out TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct
    {
        scale = TSimd.Multiply(TBits.Halves(cell + 2 * column), TBits.SignedBytes(block + column));
        minimum = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number<TSimd, TBits, TVector>(TVector words, TVector upper, int place, TVector scale, TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct =>
        TSimd.Multiply(
            TBits.SixBitsLess32(words, place < 4 ? 8 * place : 8 * place - 28, upper, place < 4 ? 8 * place : 8 * place - 30), scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct
    {
        var words = block + ((i >> 1) * EncodedSizes<EncodedQ6_K>.BlockBytes + 1) * lanes + 4 * column;
        var upper = TLanes.Right(TLanes.Load(words + 8 * lanes), 4 * ((int)i & 1));
        Int8Nibbles.Eight<TLanes, TFloat, TInt>(words + 4 * (i & 1) * lanes, out first, out second);
        first = TLanes.Or(first, TLanes.And(TLanes.Left(upper, 4), TLanes.All(Upper)));
        second = TLanes.Or(second, TLanes.And(TLanes.Left(upper, 2), TLanes.All(Upper)));
    }
}
