using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>A cell of an encoded panel in blocks of 32 k; a cell has <typeparamref name="TParts"/> registers of columns.</summary>
internal static unsafe class Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>
    where TSimd : ISimd<TFloat>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TFloat : struct
    where TInt : struct
    where TForm : IInt8Form
    where TWeight : IInt8Weight
    where TParts : ICount
{
    /// <summary>Columns.</summary>
    public static int Lanes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TSimd.Lanes * TParts.Value;
    }

    /// <summary>Blocks.</summary>
    public static int Blocks
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TWeight.CellK / Int8Rows.BlockK;
    }

    /// <summary>Bytes of a block.</summary>
    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Int8Rows.BlockK / TWeight.BlockK * EncodedSizes<TWeight>.BlockBytes * Lanes;
    }

    /// <summary>Bytes.</summary>
    public static int Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => EncodedSizes<TWeight>.CellBytes * Lanes;
    }

    /// <summary>Scales of a register of a block, and its minima or the scales of its second half where the form has such.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* cell, byte* block, nint column, out TFloat scale, out TFloat other)
    {
        TWeight.Scales<TSimd, TLanes, TFloat>(cell, block, Lanes, column, out scale, out other);
        if (TForm.HasHalves)
        {
            TWeight.Scales<TSimd, TLanes, TFloat>(
                cell, block + EncodedSizes<TWeight>.BlockBytes * Lanes, Lanes, column, out other, out _);
        }
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
