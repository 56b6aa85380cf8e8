using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>What convolutions see, channels adjacent and as planes: strides, dilation, padding, one dimension.</summary>
internal sealed class UnfoldCheck : OperationCheck<UnfoldArgs>
{
    public override string Name => "Unfold";

    protected override Operation<UnfoldArgs> Of(KernelSet kernels) => kernels.Unfold;

    protected override IEnumerable<CheckShape<UnfoldArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(new(2, 8, 8, 16, 3, 3, 1, 1, 1), false, true), Shape(new(2, 5, 7, 3, 3, 3, 1, 1, 1), false, true)],
        [
            Shape(new(2, 1, 1, 1, 1, 1, 1, 0, 0), true, false), Shape(new(3, 7, 5, 4, 3, 3, 2, 1, 1), true, false),
            Shape(new(2, 9, 11, 3, 7, 7, 2, 3, 3), true, true), Shape(new(2, 8, 9, 12, 2, 2, 3, 0, 0), false, true),
            Shape(new(2, 9, 7, 4, 3, 3, 1, 2, 2, 2), false, true), Shape(new(3, 1, 17, 20, 1, 3, 2, 0, 1), false, false),
        ],
        [Shape(new(2, 56, 56, 64, 3, 3, 1, 1, 1), false, true), Shape(new(2, 224, 224, 3, 7, 7, 2, 3, 3), true, false)]);

    private static CheckShape<UnfoldArgs> Shape(ConvolutionCase whole, bool planes, bool aligned) =>
        new($"{whole.Name}{(planes ? " planes" : "")}{(aligned ? "" : " unaligned")}", whole.Images, batch =>
        {
            var shape = whole with { Images = batch.Units.Length };
            var place = new Place(aligned);
            var each = shape.Height * shape.Width * shape.Channels;
            var values = batch.UnitArray(0, each, Spread.Normal);
            var all = shape with { Images = batch.Capacity };
            var gap = aligned ? 4 : 1;
            var x = batch.Keep(new PaddedInput(
                batch.Accelerator, planes ? all.Planes(values) : values, batch.Capacity, each, place.Offset, each + gap));
            var positions = shape.OutHeight * shape.OutWidth;
            var y = batch.Output("y", place, shape.RowWidth, () => Reference.Close(
                shape.Unfolded(values, 0, shape.Rows), Bound.Exact), positions);
            return shape.Arguments(planes, gap) with
            {
                X = x.View.Data,
                XOffset = x.View.Offset,
                Y = y,
                Rows = batch.Active(positions),
            };
        });
}
