using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Softmax with outliers, intervals that are whole, cut, empty and out of bounds, and masks that hide everything.</summary>
internal sealed class SoftmaxCheck : OperationCheck<SoftmaxArgs>
{
    private const float Scale = 0.7f;

    public override string Name => "Softmax";

    protected override Operation<SoftmaxArgs> Of(KernelSet kernels) => kernels.Softmax;

    protected override IEnumerable<CheckShape<SoftmaxArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [
            .. RowWidths.Whole.Select(width => Shape(2, width, false, false, true)),
            .. RowWidths.Quads.Select(width => Shape(3, width, true, true, true)),
            .. RowWidths.Shared(plan.Traits).Select(shape => Shape(shape.Rows, shape.Width, true, false, true)),
            .. RowWidths.Ragged.Select(width => Shape(3, width, true, true, false)),
        ],
        [
            Shape(5, 1, false, false, false), Shape(4, 15, true, false, false), Shape(5, 64, false, true, true),
            Shape(4, 65, true, true, false), Shape(3, 1025, true, false, true), Shape(7, 12, true, true, true),
        ],
        [Shape(4099, 1024, true, false, true), Shape(35, 32003, false, false, false), Shape(1537, 128, false, true, true)]);

    private static CheckShape<SoftmaxArgs> Shape(int rows, int width, bool intervals, bool mask, bool aligned) =>
        new($"{rows}x{width}{(intervals ? " intervals" : "")}{(mask ? " mask" : "")}{(aligned ? "" : " unaligned")}", rows, batch =>
        {
            var place = new Place(aligned);
            var x = batch.Rows(0, place, width);
            int[] bounds = [.. batch.Units.SelectMany(unit => Interval(unit, width)), .. new int[2 * batch.Spare]];
            var maskValues = Masked(batch.UnitArray(1, width, Spread.Normal), batch.Units, width);
            var maskInput = batch.Keep(place.Input(batch.Accelerator, maskValues, batch.Capacity, width));
            var y = batch.Output("y", place, width, () => Reference.Close(
                SoftmaxReference.Compute(
                    x.Values, batch.Units.Length, width, Scale, intervals ? bounds : null, mask: mask ? maskValues : null),
                Tolerances.Softmax));
            return new SoftmaxArgs
            {
                X = x.View,
                Y = y,
                Width = width,
                Rows = batch.Active(),
                Scale = Scale,
                Intervals = batch.Upload(bounds),
                HasIntervals = intervals ? 1 : 0,
                RowsPerInterval = 1,
                Mask = maskInput.View,
                HasMask = mask ? 1 : 0,
                RowsPerMask = 1,
            };
        });

    private static int[] Interval(int unit, int width) => (unit % 4) switch
    {
        0 => [width / 3, width - width / 5],
        1 => [width / 2, width / 2],
        2 => [-4, width + 9],
        _ => [width - 1, 0],
    };

    /// <summary>Every fourth row is hidden whole, the others lose every third column.</summary>
    private static float[] Masked(float[] mask, int[] units, int width)
    {
        for (var i = 0; i < units.Length * width; i++)
        {
            mask[i] = units[i / width] % 4 == 1 || i % width % 3 == 1 ? float.NegativeInfinity : mask[i];
        }

        return mask;
    }
}
