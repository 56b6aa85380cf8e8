using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Layers;

/// <summary>A convolution in one operation; one of a single pixel is the matmul alone.</summary>
/// <param name="Weights">(outputs, kernelHeight · kernelWidth · channels), channels adjacent; norms folded in.</param>
/// <param name="KernelHeight">Lines of the kernel.</param>
/// <param name="KernelWidth">Columns of the kernel.</param>
/// <param name="Stride">Pixels from one position to the next, both ways.</param>
/// <param name="Padding">Zeros around the image; along lines only where the kernel has several.</param>
/// <param name="Dilation">Pixels from one column of the kernel to the next.</param>
internal sealed record ConvolutionLayer(
    LinearWeights Weights, int KernelHeight, int KernelWidth, int Stride = 1, int Padding = 0, int Dilation = 1)
{
    private int PaddingHeight => KernelHeight == 1 ? 0 : Padding;

    private int StrideHeight => KernelHeight == 1 && KernelWidth > 1 ? 1 : Stride;

    private int Channels => Weights.InFeatures / (KernelHeight * KernelWidth);

    /// <summary>activation(convolution(x) + bias) [+ residual].</summary>
    /// <param name="spaces">Spaces of the images.</param>
    /// <param name="x">The images.</param>
    /// <param name="activation">Comes before the residual.</param>
    /// <param name="residual">Added last.</param>
    /// <param name="into">The rows of the result; null: those of images of its size.</param>
    public FeatureMap Build(
        MapSpaces spaces,
        FeatureMap x,
        ActivationKind activation = ActivationKind.None,
        GraphTensor? residual = null,
        RowSpace? into = null)
    {
        if (KernelHeight * KernelWidth == 1 && Stride == 1 && Padding == 0 && into is null)
        {
            return x with { Rows = spaces.Graph.Linear(Weights.Name, x.Rows, Weights, activation, residual) };
        }

        var geometry = Geometry(x.Height, x.Width) with
        {
            ImageStride = checked(x.Height * x.Width * x.Rows.Tensor.Width),
            LineStride = x.Width * x.Rows.Tensor.Width,
            ColumnStride = x.Rows.Tensor.Width,
            ChannelStride = 1,
        };
        return Build(spaces, x.Rows, geometry, activation, residual, into);
    }

    /// <summary>The same over planes: an input [images, channels · height · width].</summary>
    public FeatureMap BuildFromPlanes(
        MapSpaces spaces, GraphTensor planes, int height, int width, ActivationKind activation = ActivationKind.None)
    {
        var geometry = Geometry(height, width) with
        {
            ImageStride = planes.Width,
            LineStride = width,
            ColumnStride = 1,
            ChannelStride = height * width,
        };
        return Build(spaces, planes, geometry, activation, null, null);
    }

    private FeatureMap Build(
        MapSpaces spaces, GraphTensor x, ConvolutionGeometry geometry, ActivationKind activation, GraphTensor? residual, RowSpace? into)
    {
        var (height, width) = (geometry.OutHeight, geometry.OutWidth);
        if (height < 1 || width < 1)
        {
            throw new ShapeException($"{Weights.Name}: an image of {geometry.Height} x {geometry.Width} is too small for the kernel.");
        }

        var y = spaces.Graph.Convolution(
            Weights.Name, x, into ?? spaces.Of(height, width), geometry, Weights, activation, residual);
        return new FeatureMap(y, height, width);
    }

    private ConvolutionGeometry Geometry(int height, int width) => new()
    {
        Channels = Channels,
        Height = height,
        Width = width,
        OutHeight = ConvolutionGeometry.OutputSize(height, KernelHeight, StrideHeight, PaddingHeight, Dilation),
        OutWidth = ConvolutionGeometry.OutputSize(width, KernelWidth, Stride, Padding, Dilation),
        KernelHeight = KernelHeight,
        KernelWidth = KernelWidth,
        StrideHeight = StrideHeight,
        StrideWidth = Stride,
        PaddingHeight = PaddingHeight,
        PaddingWidth = Padding,
        DilationHeight = Dilation,
        DilationWidth = Dilation,
    };
}
