using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>A tile of y that one group owns, with one thread's sums as named fields, four columns of one row in each:
/// ILGPU keeps fields in registers and arrays in memory. Panels in shared memory are [TileK][rows or columns + 4].
/// tools/TileGenerator writes the tiles.</summary>
internal interface IMatMulTile
{
    /// <summary>Logarithm of the rows of y that a group owns.</summary>
    static abstract int RowShift { get; }

    /// <summary>Logarithm of the columns of y that a group owns.</summary>
    static abstract int ColumnShift { get; }

    /// <summary>Steps of k held in shared memory at a time: 4 · 2^QuadShift.</summary>
    static abstract int TileK { get; }

    static abstract int QuadShift { get; }

    /// <summary>Threads: one 128-bit load of x and one of the weight each per TileK.</summary>
    static abstract int Threads { get; }

    /// <summary>Quads of sums of a thread.</summary>
    static abstract int Quads { get; }

    /// <summary>From one buffer of panels to the other, in quads: a power of two.</summary>
    static abstract int BufferQuads { get; }

    /// <summary>Where in a row of x's panel the thread's rows begin, in quads.</summary>
    static abstract int RowQuad(int thread);

    /// <summary>Where in a row of the weight's panel the thread's columns begin, in quads.</summary>
    static abstract int ColumnQuad(int thread);

    /// <summary>Row of sums <paramref name="quad"/> from the thread's first.</summary>
    static abstract int RowOf(int quad);

    /// <summary>First column of sums <paramref name="quad"/> from the thread's first.</summary>
    static abstract int ColumnOf(int quad);

    /// <summary>One TileK of the sums, k ascending; the panels start at the thread's first row and column.</summary>
    void MultiplyAdd(ArrayView<Float4> x, ArrayView<Float4> weight);

    /// <summary>One step of k.</summary>
    void Step(ArrayView<Float4> x, ArrayView<Float4> weight, int k);

    /// <summary>Sums <paramref name="quad"/>; the choice is the same for the whole group.</summary>
    Float4 Sums(int quad);

    /// <summary>Writes the sums, Threads quads apart; the memory starts at the thread's place.</summary>
    void CopyTo(ArrayView<Float4> memory);

    /// <summary>Adds the sums to what is there.</summary>
    void AddTo(ArrayView<Float4> memory);
}

/// <summary>A tile that adds up another of its kind.</summary>
internal interface IMatMulTile<TTile> : IMatMulTile
    where TTile : struct, IMatMulTile<TTile>
{
    void Add(in TTile other);
}
