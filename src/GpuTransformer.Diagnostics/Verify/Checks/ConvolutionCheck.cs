using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Convolutions as implicit matmuls: channels adjacent, planes and patches, sums of one chunk and of several.</summary>
internal sealed class ConvolutionCheck : OperationCheck<ConvolutionArgs>
{
    public override string Name => "Convolution";

    protected override Operation<ConvolutionArgs> Of(KernelSet kernels) => kernels.Convolution;

    protected override IEnumerable<CheckShape<ConvolutionArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [
            Shape(new KernelCase(2, 8, 8, 16, 3, 3, 1, 1, 1), 32, true),
            Shape(new KernelCase(2, 5, 7, 3, 3, 3, 1, 1, 1) { Planes = true }, 5, false),
            .. Split,
        ],
        [
            Shape(new KernelCase(2, 1, 1, 1, 1, 1, 1, 0, 0), 1, false),
            Shape(new KernelCase(3, 7, 5, 4, 3, 3, 2, 1, 1) { Planes = true }, 17, true),
            Shape(new KernelCase(2, 9, 11, 3, 7, 7, 2, 3, 3) { Planes = true }, 24, true),
            Shape(new KernelCase(2, 9, 7, 4, 3, 3, 1, 2, 2, 2), 70, true),
            Shape(new KernelCase(2, 5, 6, 40, 3, 3, 1, 1, 1), 67, true),
            Shape(new KernelCase(3, 1, 17, 20, 1, 3, 2, 0, 1), 33, false),
            Shape(new PatchCase(3, 1, 5, 7, 1, 1), 9, false), Shape(new PatchCase(2, 3, 30, 29, 14, 14), 33, false),
            Shape(new PatchCase(3, 3, 32, 48, 16, 16), 65, true),
        ],
        [
            Shape(new KernelCase(2, 56, 56, 64, 3, 3, 1, 1, 1), 64, true),
            Shape(new KernelCase(2, 224, 224, 3, 7, 7, 2, 3, 3) { Planes = true }, 64, true),
            Shape(new KernelCase(1, 14, 14, 256, 3, 3, 1, 1, 1), 256, true), Shape(new PatchCase(8, 3, 224, 224, 16, 16), 768, true),
        ]);

    /// <summary>Sums of several chunks, which get groups of their own where positions are few.</summary>
    private static IEnumerable<CheckShape<ConvolutionArgs>> Split =>
        from layout in ((bool Planes, bool Aligned)[])[(false, true), (false, false), (true, true)]
        select Shape(new KernelCase(2, 5, 6, 64, 3, 3, 1, 1, 1) { Planes = layout.Planes }, 67, layout.Aligned);

    private static CheckShape<ConvolutionArgs> Shape(ConvolutionCase whole, int outputs, bool aligned) =>
        new($"{whole.Name} to {outputs}{(aligned ? "" : " unaligned")}", whole.Images, batch =>
        {
            var shape = whole with { Images = batch.Units.Length };
            var (place, image) = (new Place(aligned), shape.Geometry);
            image.ImageStride += aligned ? 4 : 1;
            var values = batch.UnitArray(0, shape.Elements, Spread.Normal);
            var weight = batch.SharedArray(1, outputs * image.RowWidth);
            var x = batch.Keep(new PaddedInput(
                batch.Accelerator, values, batch.Capacity, shape.Elements, place.Offset, image.ImageStride));
            var weights = batch.Keep(new PaddedInput(
                batch.Accelerator, weight, outputs, image.RowWidth, place.Offset, place.Stride(image.RowWidth)));
            var y = batch.Output("y", place, outputs, () => Reference.Close(
                shape.Convolved(values, weight, outputs), new Bound(1e-6 * image.RowWidth, 1e-6)), image.Positions);
            return new ConvolutionArgs
            {
                X = x.View.Data,
                XOffset = x.View.Offset,
                Image = image,
                Product = MatMul.Dense(default, default, default, 1, outputs, image.RowWidth, StandardEpilogue.None) with
                {
                    Weight = weights.View,
                    Y = y,
                    Rows = batch.Active(image.Positions),
                },
            };
        });
}
