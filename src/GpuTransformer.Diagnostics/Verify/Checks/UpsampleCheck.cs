using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Images resized to larger and smaller ones, and others added.</summary>
internal sealed class UpsampleCheck : OperationCheck<UpsampleArgs>
{
    public override string Name => "Upsample";

    protected override Operation<UpsampleArgs> Of(KernelSet kernels) => kernels.Upsample;

    protected override IEnumerable<CheckShape<UpsampleArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(2, 4, 4, 8, 8, 16, true, true), Shape(2, 3, 5, 7, 9, 3, true, true)],
        [Shape(3, 1, 1, 3, 2, 5, false, false), Shape(3, 5, 4, 3, 2, 17, true, false), Shape(2, 2, 2, 2, 2, 33, false, true)],
        [Shape(8, 40, 53, 80, 106, 64, true, true)]);

    private static CheckShape<UpsampleArgs> Shape(
        int maps, int height, int width, int outHeight, int outWidth, int channels, bool added, bool aligned) =>
        new($"{maps}x{height}x{width}x{channels} to {outHeight}x{outWidth}{(added ? " + added" : "")}{(aligned ? "" : " unaligned")}", maps, batch =>
        {
            var place = new Place(aligned);
            var x = batch.Rows(0, place, channels, height * width);
            var more = batch.Rows(1, place, channels, outHeight * outWidth);
            var y = batch.Output("y", place, channels, () => Reference.Close(
                ImageReference.Upsample(
                    x.Values, added ? more.Values : null, batch.Units.Length, height, width, outHeight, outWidth, channels, 1),
                Bound.Exact), outHeight * outWidth);
            return new UpsampleArgs
            {
                X = x.View,
                Added = added ? more.View : default,
                HasAdded = added ? 1 : 0,
                Y = y,
                Rows = batch.Active(outHeight * outWidth),
                Channels = channels,
                Height = height,
                Width = width,
                OutHeight = outHeight,
                OutWidth = outWidth,
                Repeat = 1,
                ScaleHeight = (float)height / outHeight,
                ScaleWidth = (float)width / outWidth,
            };
        });
}
