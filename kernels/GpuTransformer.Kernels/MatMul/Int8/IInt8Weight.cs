namespace GpuTransformer.Kernels;

/// <summary>How the numbers of a weight follow from integers and scales; decides the code of the tiles.</summary>
internal interface IInt8Form
{
    /// <summary>Whether a number is scale · q + minimum, and not scale · q.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>Whether the first and the second 16 k of a block have scales of their own.</summary>
    static abstract bool HasHalves { get; }
}

/// <summary>An encoding of integers, whose products with integers of x are summed.</summary>
internal unsafe interface IInt8Weight : IEncodedWeight
{
    /// <summary>What the integers have too much where a dot product takes unsigned ones, and where signed.</summary>
    static abstract (int Unsigned, int Signed) ZeroPoint { get; }

    /// <summary>Integers of k = 8i to 8i + 3 and 8i + 4 to 8i + 7 of 32, four bytes a lane.</summary>
    /// <param name="block">The block of 32 k; two where blocks have 16.</param>
    /// <param name="lanes">Columns of the cell, which may be more than a register has.</param>
    /// <param name="column">The first one to read.</param>
    /// <param name="i">0 to 3.</param>
    /// <param name="isUnsigned">Whether bytes are to be 0 to 255.</param>
    /// <param name="first">The first four k.</param>
    /// <param name="second">The others.</param>
    static abstract void Eight<TLanes, TFloat, TInt>(
        byte* block, int lanes, nint column, nint i, bool isUnsigned, out TInt first, out TInt second)
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct;
}
