using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>One narrow encoding, in <see cref="EncodedLayout"/>: its sizes, and how numbers come out of a block's words. All
/// members are constants or compile to a few instructions.</summary>
internal unsafe interface IEncodedWeight
{
    /// <summary>k of a cell; a row ends with a whole one, padded with zeros.</summary>
    static abstract int CellK { get; }

    /// <summary>k of a block, which has scales of its own.</summary>
    static abstract int BlockK { get; }

    /// <summary>k of a word.</summary>
    static abstract int WordK { get; }

    /// <summary>Bytes a column from a cell's start to its first block: its float16 scales.</summary>
    static abstract int SharedBytes { get; }

    /// <summary>Bytes a column from a block's start to its words: its scales.</summary>
    static abstract int ScaleBytes { get; }

    /// <summary>Whether a word of upper bits follows a block's words.</summary>
    static virtual bool HasUpper => false;

    /// <summary>Scale and minimum of a block's numbers.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="block">The block.</param>
    /// <param name="lanes">Columns of the cell, which may be more than a register has.</param>
    /// <param name="column">The first one to read.</param>
    /// <param name="scale">What integers are multiplied by.</param>
    /// <param name="minimum">What is added then; 0 where the encoding has none.</param>
    static abstract void Scales<TSimd, TBits, TVector>(
        byte* cell, byte* block, int lanes, nint column, out TVector scale, out TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct;

    /// <summary>Turns scale and minimum into what <see cref="Number"/> takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static virtual void Prepare<TSimd, TBits, TVector>(ref TVector scale, ref TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct
    {
    }

    /// <summary>Number <paramref name="place"/> (a constant) of the words.</summary>
    /// <param name="words">A word a lane.</param>
    /// <param name="upper">The upper bits that belong to them, from bit 0 on.</param>
    /// <param name="place">0 to <see cref="WordK"/> - 1.</param>
    /// <param name="scale">As <see cref="Prepare"/> left it.</param>
    /// <param name="minimum">Likewise.</param>
    static abstract TVector Number<TSimd, TBits, TVector>(TVector words, TVector upper, int place, TVector scale, TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct;
}

/// <summary>Sizes that follow from an encoding's own.</summary>
internal static class EncodedSizes<TWeight>
    where TWeight : IEncodedWeight
{
    /// <summary>Bytes a column from a block's start to its word of upper bits.</summary>
    public static int UpperBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TWeight.ScaleBytes + TWeight.BlockK / TWeight.WordK * sizeof(uint);
    }

    /// <summary>Bytes a column of a block.</summary>
    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => UpperBytes + (TWeight.HasUpper ? sizeof(uint) : 0);
    }

    /// <summary>Bytes a column of a cell.</summary>
    public static int CellBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TWeight.SharedBytes + TWeight.CellK / TWeight.BlockK * BlockBytes;
    }
}
