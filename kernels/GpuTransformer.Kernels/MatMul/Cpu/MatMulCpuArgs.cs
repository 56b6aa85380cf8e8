namespace GpuTransformer.Kernels;

/// <summary><see cref="MatMulArgs{TEpilogue}"/> as the CPU tiles see it, with the standard epilogue's parts.</summary>
internal unsafe struct MatMulCpuArgs
{
    public RowPointer X;
    public RowPointer Y;
    public RowCountPointer Rows;
    public int N;
    public int K;
    public int Batch;
    public nint XBatchStride;
    public nint WeightBatchStride;
    public nint YBatchStride;

    /// <summary>The packed weight; null: <see cref="Weight"/> is packed panel by panel as it is used.</summary>
    public float* Panels;

    public float* Weight;
    public nint WeightRowStride;
    public nint WeightColumnStride;

    public MatMulCpuEngine Engine;

    /// <summary>How the panels store their numbers.</summary>
    public WeightEncoding Encoding;

    /// <summary>For panels in another encoding than F32.</summary>
    public EncodedEngine Encoded;

    /// <summary>Whether rows of x are taken as 8-bit integers; then <see cref="Int8"/> does it.</summary>
    public bool IsInt8;

    public Int8Engine Int8;

    /// <summary>Which run of this step it is; 0: unknown.</summary>
    public long Int8Step;

    /// <summary>What happens to finished sums; the last argument is a user's own.</summary>
    public delegate*<MatMulCpuArgs*, MatMulCpuBlock*, void*, void> Finish;

    /// <summary>Threads that the work is cut for.</summary>
    public int Threads;

    public float* Bias;
    public RowPointer Gate;
    public RowPointer Residual;
    public int Activation;
    public float Scale;
}

/// <summary>The same with a user's epilogue, which may hold views.</summary>
internal struct MatMulCpuArgs<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    public MatMulCpuArgs Core;
    public TEpilogue Epilogue;
}

/// <summary>Finished sums of one tile and the place in y that they belong to.</summary>
internal unsafe struct MatMulCpuBlock
{
    /// <summary>(Rows, Width), dense; what lies beyond <see cref="Columns"/> is padding. An epilogue may overwrite them.</summary>
    public float* Sums;

    /// <summary>Sums from one row to the next, a multiple of the register's lanes.</summary>
    public int Width;

    public int Batch;

    /// <summary>The first row, inside its matrix.</summary>
    public int Row;

    public int Rows;

    /// <summary>The first column.</summary>
    public int Column;

    /// <summary>Columns that exist.</summary>
    public int Columns;
}
