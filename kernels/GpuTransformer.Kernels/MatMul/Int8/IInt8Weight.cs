namespace GpuTransformer.Kernels;

/// <summary>How the numbers of a weight follow from integers and scales; decides the code of the tiles.</summary>
internal interface IInt8Form
{
    /// <summary>Whether a number is scale · q + minimum, and not scale · q.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>Whether the first and the second 16 k of a block have scales of their own.</summary>
    static abstract bool HasHalves { get; }
}

/// <summary>How the cells of an encoded panel are read for products of integers, see <see cref="EncodedLayout"/>. A dot
/// product's register may have fewer columns than a cell, so each call names the first. A block is always 32 k.</summary>
internal unsafe interface IInt8Weight
{
    /// <summary>What the integers have too much where a dot product takes unsigned ones, and where signed.</summary>
    static abstract (int Unsigned, int Signed) ZeroPoint { get; }

    /// <summary>Blocks of a cell.</summary>
    static abstract int CellBlocks { get; }

    /// <summary>Bytes a column of a cell.</summary>
    static abstract int CellBytes { get; }

    /// <summary>Bytes a column at the start of a cell.</summary>
    static abstract int SharedBytes { get; }

    /// <summary>Bytes a column of a block.</summary>
    static abstract int BlockBytes { get; }

    /// <summary>Integers of k = 8i to 8i + 3 and 8i + 4 to 8i + 7, four bytes a lane.</summary>
    /// <param name="block">The block.</param>
    /// <param name="lanes">Columns of the cell.</param>
    /// <param name="column">The first column to read.</param>
    /// <param name="i">0 to 3.</param>
    /// <param name="isUnsigned">Whether bytes are to be 0 to 255.</param>
    /// <param name="first">The first four k.</param>
    /// <param name="second">The others.</param>
    static abstract void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct;

    /// <summary>The scale, and the minimum or the second half's scale where there is one.</summary>
    static abstract void Scales<TSimd, TLanes, TFloat, TInt>(
        byte* cell, byte* block, int lanes, nint column, out TFloat scale, out TFloat other)
        where TSimd : ISimd<TFloat>
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct;
}
