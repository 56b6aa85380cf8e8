namespace GpuTransformer.Kernels;

/// <summary>One narrow encoding: how a register of numbers comes out of the words of a block, in
/// <see cref="EncodedLayout"/>. All members are constants or compile to a few instructions.</summary>
internal unsafe interface IEncodedWeight<TVector>
    where TVector : struct
{
    /// <summary>k of a cell.</summary>
    static abstract int CellK { get; }

    /// <summary>k of a block.</summary>
    static abstract int BlockK { get; }

    /// <summary>k of a word.</summary>
    static abstract int WordK { get; }

    /// <summary>Bytes a column of a cell.</summary>
    static abstract int CellBytes { get; }

    /// <summary>Bytes a column from a cell's start to its first block.</summary>
    static abstract int SharedBytes { get; }

    /// <summary>Bytes a column of a block.</summary>
    static abstract int BlockBytes { get; }

    /// <summary>Bytes a column from a block's start to its words.</summary>
    static abstract int ScaleBytes { get; }

    /// <summary>Bytes a column from a block's start to the word of upper bits; 0 where there is none.</summary>
    static abstract int UpperBytes { get; }

    /// <summary>Scale and minimum of a block's numbers.</summary>
    static abstract void Scales(byte* cell, byte* block, out TVector scale, out TVector minimum);

    /// <summary>Number <paramref name="place"/> (a constant) of the words.</summary>
    /// <param name="words">A word a lane.</param>
    /// <param name="upper">The upper bits that belong to them, from bit 0 on.</param>
    /// <param name="place">0 to <see cref="WordK"/> - 1.</param>
    /// <param name="scale">As <see cref="Scales"/> gave it.</param>
    /// <param name="minimum">As <see cref="Scales"/> gave it.</param>
    static abstract TVector Number(TVector words, TVector upper, int place, TVector scale, TVector minimum);
}
