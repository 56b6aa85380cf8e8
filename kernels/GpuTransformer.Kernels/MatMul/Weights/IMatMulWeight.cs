using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>How the numbers of a weight are read. Rows are counted in 32-bit words of the weight's memory.</summary>
internal interface IMatMulWeight
{
    static abstract WeightEncoding Encoding { get; }

    /// <summary>Whether rows start at multiples of 16 bytes and run along k.</summary>
    static abstract bool NeedsAlignment { get; }

    /// <summary>Whether each row continues with zeros to a multiple of 32 steps of k.</summary>
    static abstract bool IsPadded { get; }

    /// <summary>The row that starts at word <paramref name="row"/>, from element 4 · quad on.</summary>
    static abstract int Start(int row, int quad, int step);

    /// <summary>Elements k + 4 · quad to k + 4 · quad + 3 of a row, where k is a multiple of the panel's depth and
    /// <paramref name="start"/> is the <see cref="Start"/> for this quad.</summary>
    static abstract Float4 Quad(ArrayView<float> data, int start, int k, int quad, int step);

    /// <summary>Element k.</summary>
    static abstract float Element(ArrayView<float> data, int row, int k, int step);

    /// <summary>Quads of numbers in 128 bits: 1, 2 or 4.</summary>
    static abstract int QuadsOfCell { get; }

    /// <summary>Whether a chunk of a row begins with 128 bits of scales.</summary>
    static abstract bool HasScales { get; }

    /// <summary>128 bits of a row from k on, a multiple of what they hold. Without a branch: beyond K it is something of
    /// the row, so that a thread's reads are all under way at once.</summary>
    static abstract Words4 Cell(ArrayView<float> data, int row, int k, int lengthK, int step);

    /// <summary>A cell that holds the last numbers of a row: <paramref name="count"/> of them, and then zeros.</summary>
    static abstract Words4 LastCell(Words4 cell, int count);

    /// <summary>Quad <paramref name="quad"/> of a cell, a constant.</summary>
    static abstract Float4 Widen(Words4 cell, int quad, float scale);
}

/// <summary>128 bits as they are stored.</summary>
internal struct Words4
{
    public int X;
    public int Y;
    public int Z;
    public int W;
}
