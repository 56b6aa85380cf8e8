namespace GpuTransformer.Kernels;

/// <summary>One product of a few rows with a few registers of columns: C[r, j] = Σ A[r, k] · B[k, j], k
/// ascending, one accumulator an output, so a row's bits do not depend on which tile computed it. Both products of
/// attention have this form: scores (A the queries, B pages of transposed keys) and output (A the weights, B pages of
/// values).</summary>
internal unsafe struct PanelWalk
{
    /// <summary>A, row 0 at the first k.</summary>
    public float* A;

    /// <summary>Elements from one row of A to the next.</summary>
    public nint AStride;

    /// <summary>Where the segments of B are: <see cref="SegmentLength"/> values of k that follow each other in memory.</summary>
    public float** Segments;

    /// <summary>The first column, in elements from the start of a segment.</summary>
    public nint Column;

    /// <summary>Elements from the first register of columns of B to the second, third and fourth.</summary>
    public nint Offset1, Offset2, Offset3;

    /// <summary>Elements of B from one k to the next.</summary>
    public nint Step;

    /// <summary>The first k within the first segment.</summary>
    public int First;

    /// <summary>How many k in all.</summary>
    public int Count;

    /// <summary>How many k a segment holds.</summary>
    public int SegmentLength;

    /// <summary>Tiles of columns in one run: <see cref="PanelProduct{TSimd, TVector}.Tiles"/>.</summary>
    public int Tiles;

    /// <summary>From one of these tiles to the next: segments, and elements within a segment.</summary>
    public int SegmentStep;
    public nint ColumnStep;

    /// <summary>C, row 0; the registers of columns of C are adjacent.</summary>
    public float* C;

    /// <summary>Elements from one row of C to the next.</summary>
    public nint CStride;
}
