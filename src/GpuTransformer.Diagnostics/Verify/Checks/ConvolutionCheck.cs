using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Convolutions as implicit matmuls: channels adjacent and as planes, sums of one chunk and of several.</summary>
internal sealed class ConvolutionCheck : OperationCheck<ConvolutionArgs>
{
    public override string Name => "Convolution";

    protected override Operation<ConvolutionArgs> Of(KernelSet kernels) => kernels.Convolution;

    protected override IEnumerable<CheckShape<ConvolutionArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [
            Shape(new(2, 8, 8, 16, 3, 3, 1, 1, 1), 32, false, true), Shape(new(2, 5, 7, 3, 3, 3, 1, 1, 1), 5, true, false),
            .. Split,
        ],
        [
            Shape(new(2, 1, 1, 1, 1, 1, 1, 0, 0), 1, false, false), Shape(new(3, 7, 5, 4, 3, 3, 2, 1, 1), 17, true, true),
            Shape(new(2, 9, 11, 3, 7, 7, 2, 3, 3), 24, true, true), Shape(new(2, 9, 7, 4, 3, 3, 1, 2, 2, 2), 70, false, true),
            Shape(new(2, 5, 6, 40, 3, 3, 1, 1, 1), 67, false, true), Shape(new(3, 1, 17, 20, 1, 3, 2, 0, 1), 33, false, false),
        ],
        [
            Shape(new(2, 56, 56, 64, 3, 3, 1, 1, 1), 64, false, true), Shape(new(2, 224, 224, 3, 7, 7, 2, 3, 3), 64, true, true),
            Shape(new(1, 14, 14, 256, 3, 3, 1, 1, 1), 256, false, true),
        ]);

    /// <summary>Sums of several chunks, which get groups of their own where positions are few.</summary>
    private static IEnumerable<CheckShape<ConvolutionArgs>> Split =>
        from layout in ((bool Planes, bool Aligned)[])[(false, true), (false, false), (true, true)]
        select Shape(new(2, 5, 6, 64, 3, 3, 1, 1, 1), 67, layout.Planes, layout.Aligned);

    private static CheckShape<ConvolutionArgs> Shape(ConvolutionCase whole, int outputs, bool planes, bool aligned) =>
        new($"{whole.Name} to {outputs}{(planes ? " planes" : "")}{(aligned ? "" : " unaligned")}", whole.Images, batch =>
        {
            var shape = whole with { Images = batch.Units.Length };
            var place = new Place(aligned);
            var each = shape.Height * shape.Width * shape.Channels;
            var values = batch.UnitArray(0, each, Spread.Normal);
            var weight = batch.SharedArray(1, outputs * shape.RowWidth);
            var all = shape with { Images = batch.Capacity };
            var gap = aligned ? 4 : 1;
            var x = batch.Keep(new PaddedInput(
                batch.Accelerator, planes ? all.Planes(values) : values, batch.Capacity, each, place.Offset, each + gap));
            var weights = batch.Keep(new PaddedInput(
                batch.Accelerator, weight, outputs, shape.RowWidth, place.Offset, place.Stride(shape.RowWidth)));
            var positions = shape.OutHeight * shape.OutWidth;
            var y = batch.Output("y", place, outputs, () => Reference.Close(
                shape.Convolved(values, weight, outputs), new Bound(1e-6 * shape.RowWidth, 1e-6)), positions);
            return new ConvolutionArgs
            {
                Image = shape.Arguments(planes, gap) with { X = x.View.Data, XOffset = x.View.Offset },
                Product = MatMul.Dense(default, default, default, 1, outputs, shape.RowWidth, StandardEpilogue.None) with
                {
                    Weight = weights.View,
                    Y = y,
                    Rows = batch.Active(positions),
                },
            };
        });
}
