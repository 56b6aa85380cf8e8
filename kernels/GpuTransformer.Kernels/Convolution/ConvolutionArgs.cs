namespace GpuTransformer.Kernels;

/// <summary>y[r] = epilogue(row r of unfold(x) · weightᵀ): a convolution without its unfolded rows in memory.</summary>
public struct ConvolutionArgs
{
    /// <summary>x and what each position sees of it. <see cref="UnfoldArgs.Y"/> and <see cref="UnfoldArgs.Rows"/> are not
    /// read: the rows are the product's.</summary>
    public UnfoldArgs Image;

    /// <summary>Weight (outputs, kernelHeight · kernelWidth · channels), y (positions, outputs), the positions in use from
    /// <see cref="UnfoldArgs.FirstRow"/> on, and the epilogue. <see cref="MatMulArgs{TEpilogue}.X"/> is not read; K is the
    /// image's <see cref="UnfoldArgs.RowWidth"/>; one product, columns of the weight adjacent.</summary>
    public MatMulArgs<StandardEpilogue> Product;
}
