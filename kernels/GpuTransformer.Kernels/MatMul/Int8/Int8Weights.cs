using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>scale · q.</summary>
internal readonly struct Int8Plain : IInt8Form
{
    public static bool HasMinimum => false;

    public static bool HasHalves => false;
}

/// <summary>scale · q + minimum.</summary>
internal readonly struct Int8WithMinimum : IInt8Form
{
    public static bool HasMinimum => true;

    public static bool HasHalves => false;
}

/// <summary>scale · q, a scale for each 16 k.</summary>
internal readonly struct Int8InHalves : IInt8Form
{
    public static bool HasMinimum => false;

    public static bool HasHalves => true;
}

/// <summary>Integers of 8 bits, signed as they are stored.</summary>
internal readonly unsafe struct Int8Q8_0 : IInt8Weight
{
    private const int Signs = unchecked((int)0x80808080);

    public static (int Unsigned, int Signed) ZeroPoint => (128, 0);

    public static int CellBlocks
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }

    public static int CellBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 34;
    }

    public static int SharedBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2;
    }

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 32;
    }

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TLanes, TFloat, TInt>(
        byte* cell, byte* block, int lanes, nint column, out TFloat scale, out TFloat other)
        where TSimd : ISimd<TFloat>
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct
    {
        scale = TLanes.Halves(cell + 2 * column);
        other = default;
    }
}

/// <summary>Integers of 4 bits, 8 too much.</summary>
internal readonly unsafe struct Int8Q4_0 : IInt8Weight
{
    public static (int Unsigned, int Signed) ZeroPoint => (8, 8);

    public static int CellBlocks
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }

    public static int CellBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 18;
    }

    public static int SharedBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2;
    }

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct =>
        Int8Nibbles.Eight<TLanes, TFloat, TInt>(block + 4 * (column + i * lanes), out first, out second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TLanes, TFloat, TInt>(
        byte* cell, byte* block, int lanes, nint column, out TFloat scale, out TFloat other)
        where TSimd : ISimd<TFloat>
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct
    {
        scale = TLanes.Halves(cell + 2 * column);
        other = default;
    }
}

/// <summary>Integers of 4 bits with a minimum.</summary>
internal readonly unsafe struct Int8Q4_1 : IInt8Weight
{
    public static (int Unsigned, int Signed) ZeroPoint => (0, 0);

    public static int CellBlocks
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }

    public static int CellBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 20;
    }

    public static int SharedBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4;
    }

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct =>
        Int8Nibbles.Eight<TLanes, TFloat, TInt>(block + 4 * (column + i * lanes), out first, out second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TLanes, TFloat, TInt>(
        byte* cell, byte* block, int lanes, nint column, out TFloat scale, out TFloat other)
        where TSimd : ISimd<TFloat>
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct
    {
        scale = TLanes.Halves(cell + 2 * column);
        other = TLanes.Halves(cell + 2 * (lanes + column));
    }
}

/// <summary>Integers of 4 bits; scale d · s and minimum -(dmin · m), s and m of 6 bits: exact.</summary>
internal readonly unsafe struct Int8Q4_K : IInt8Weight
{
    public static (int Unsigned, int Signed) ZeroPoint => (0, 0);

    public static int CellBlocks
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 8;
    }

    public static int CellBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 148;
    }

    public static int SharedBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4;
    }

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 18;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct =>
        Int8Nibbles.Eight<TLanes, TFloat, TInt>(block + 2 * lanes + 4 * (column + i * lanes), out first, out second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TLanes, TFloat, TInt>(
        byte* cell, byte* block, int lanes, nint column, out TFloat scale, out TFloat other)
        where TSimd : ISimd<TFloat>
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct
    {
        scale = TSimd.Multiply(TLanes.Halves(cell + 2 * column), TLanes.UnsignedBytes(block + column));
        var least = TSimd.Subtract(default, TLanes.Halves(cell + 2 * (lanes + column)));
        other = TSimd.Multiply(least, TLanes.UnsignedBytes(block + lanes + column));
    }
}

/// <summary>Integers of 6 bits, 32 too much; the scale of each 16 k is d times a signed byte: exact.</summary>
internal readonly unsafe struct Int8Q6_K : IInt8Weight
{
    private const int HalfBytes = 13;
    private const int Upper = 0x30303030;

    public static (int Unsigned, int Signed) ZeroPoint => (32, 32);

    public static int CellBlocks
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 8;
    }

    public static int CellBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 210;
    }

    public static int SharedBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2;
    }

    public static int BlockBytes => 2 * HalfBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct
    {
        var words = block + ((i >> 1) * HalfBytes + 1) * lanes + 4 * column;
        var upper = TLanes.Right(TLanes.Load(words + 8 * lanes), 4 * ((int)i & 1));
        Int8Nibbles.Eight<TLanes, TFloat, TInt>(words + 4 * (i & 1) * lanes, out first, out second);
        first = TLanes.Or(first, TLanes.And(TLanes.Left(upper, 4), TLanes.All(Upper)));
        second = TLanes.Or(second, TLanes.And(TLanes.Left(upper, 2), TLanes.All(Upper)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TLanes, TFloat, TInt>(
        byte* cell, byte* block, int lanes, nint column, out TFloat scale, out TFloat other)
        where TSimd : ISimd<TFloat>
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct
    {
        var d = TLanes.Halves(cell + 2 * column);
        scale = TSimd.Multiply(d, TLanes.SignedBytes(block + column));
        other = TSimd.Multiply(d, TLanes.SignedBytes(block + HalfBytes * lanes + column));
    }
}

/// <summary>Bytes that hold two integers of 4 bits.</summary>
internal static unsafe class Int8Nibbles
{
    private const int Lower = 0x0F0F0F0F;

    /// <summary>Those in the lower halves, and those in the upper.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Eight<TLanes, TFloat, TInt>(byte* words, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct
    {
        var both = TLanes.Load(words);
        first = TLanes.And(both, TLanes.All(Lower));
        second = TLanes.And(TLanes.Right(both, 4), TLanes.All(Lower));
    }
}
