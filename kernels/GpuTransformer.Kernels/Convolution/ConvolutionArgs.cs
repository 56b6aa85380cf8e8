using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>y[r] = epilogue(what position r sees, as a row (kernelHeight · kernelWidth · channels) · weightᵀ).</summary>
public struct ConvolutionArgs
{
    /// <summary>The images, from <see cref="XOffset"/> on.</summary>
    public ArrayView<float> X;

    /// <summary>Where the images start in their view.</summary>
    public int XOffset;

    /// <summary>How they lie and what each position sees.</summary>
    public ConvolutionGeometry Image;

    /// <summary>Weight (outputs, kernelHeight · kernelWidth · channels), y (positions, outputs), the positions in use, counted
    /// (image, oy, ox), and the epilogue. <see cref="MatMulArgs{TEpilogue}.X"/> is not read; K is the image's
    /// <see cref="ConvolutionGeometry.RowWidth"/>; one product, columns of the weight adjacent.</summary>
    public MatMulArgs<StandardEpilogue> Product;
}
