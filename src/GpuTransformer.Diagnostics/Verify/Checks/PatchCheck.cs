using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Images cut into patches, with lines that do and do not hold whole quads.</summary>
internal sealed class PatchCheck : OperationCheck<PatchArgs>
{
    public override string Name => "Patch";

    protected override Operation<PatchArgs> Of(KernelSet kernels) => kernels.Patch;

    protected override IEnumerable<CheckShape<PatchArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(2, 3, 16, 24, 8, 4, true), Shape(2, 2, 6, 9, 2, 3, true)],
        [Shape(3, 1, 5, 7, 1, 1, false), Shape(2, 3, 28, 28, 7, 7, false), Shape(3, 3, 32, 32, 16, 16, true)],
        [Shape(8, 3, 224, 224, 16, 16, true)]);

    private static CheckShape<PatchArgs> Shape(
        int images, int channels, int height, int width, int patchHeight, int patchWidth, bool aligned) =>
        new($"{images}x{channels}x{height}x{width} by {patchHeight}x{patchWidth}{(aligned ? "" : " unaligned")}", images, batch =>
        {
            var place = new Place(aligned);
            var each = channels * height * width;
            var pixels = batch.UnitArray(0, each, Spread.Normal);
            var offset = aligned ? 4 : 3;
            var patches = height / patchHeight * (width / patchWidth);
            var rowWidth = channels * patchHeight * patchWidth;
            var y = batch.Output("y", place, rowWidth, () => Reference.Close(
                ImageReference.Patches(pixels, batch.Units.Length, channels, height, width, patchHeight, patchWidth),
                Bound.Exact), patches);
            return new PatchArgs
            {
                Pixels = batch.Upload([.. Enumerable.Repeat(float.NaN, offset), .. pixels]),
                PixelsOffset = offset,
                Y = y,
                Images = batch.Active(),
                Channels = channels,
                Height = height,
                Width = width,
                PatchHeight = patchHeight,
                PatchWidth = patchWidth,
            };
        });
}
