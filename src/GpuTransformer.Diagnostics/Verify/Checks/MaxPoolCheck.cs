using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Pooling with padding, infinities and NaN, which wins wherever it is seen.</summary>
internal sealed class MaxPoolCheck : OperationCheck<MaxPoolArgs>
{
    public override string Name => "MaxPool";

    protected override Operation<MaxPoolArgs> Of(KernelSet kernels) => kernels.MaxPool;

    protected override IEnumerable<CheckShape<MaxPoolArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(2, 8, 8, 16, 3, 2, 1, true), Shape(2, 5, 7, 3, 3, 2, 1, true)],
        [Shape(3, 1, 1, 5, 3, 2, 1, false), Shape(2, 4, 4, 17, 2, 2, 0, false), Shape(2, 6, 7, 8, 5, 3, 2, true)],
        [Shape(4, 112, 112, 64, 3, 2, 1, true)]);

    private static CheckShape<MaxPoolArgs> Shape(
        int images, int height, int width, int channels, int kernel, int stride, int padding, bool aligned) =>
        new($"{images}x{height}x{width}x{channels} by {kernel}, stride {stride}, padding {padding}{(aligned ? "" : " unaligned")}", images, batch =>
        {
            var place = new Place(aligned);
            var each = height * width * channels;
            var values = batch.UnitArray(0, each, Spread.Outliers);
            for (var i = 0; i < batch.Units.Length; i++)
            {
                values[i * each + each / 3] = float.NaN;
                values[i * each + each / 2] = float.NegativeInfinity;
            }

            var x = batch.Keep(place.Input(batch.Accelerator, values, batch.Capacity * height * width, channels));
            var (outHeight, outWidth) = (
                ConvolutionGeometry.OutputSize(height, kernel, stride, padding), ConvolutionGeometry.OutputSize(width, kernel, stride, padding));
            var y = batch.Output("y", place, channels, () => Reference.Close(
                ImageReference.MaxPool(values, batch.Units.Length, height, width, channels, kernel, stride, padding),
                Bound.Exact), outHeight * outWidth);
            return new MaxPoolArgs
            {
                X = x.View,
                Y = y,
                Rows = batch.Active(outHeight * outWidth),
                Channels = channels,
                Height = height,
                Width = width,
                OutHeight = outHeight,
                OutWidth = outWidth,
                Kernel = kernel,
                Stride = stride,
                Padding = padding,
            };
        });
}
