using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Rotary embedding with odd halves, a part that does not turn, a norm, and places outside the table.</summary>
internal sealed class RotaryCheck : OperationCheck<RotaryArgs>
{
    private const int Positions = 50;
    private const float WeightShift = 0.5f;
    private const float Epsilon = 1e-3f;

    public override string Name => "Rotary";

    protected override Operation<RotaryArgs> Of(KernelSet kernels) => kernels.Rotary;

    protected override IEnumerable<CheckShape<RotaryArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(4, 2, 64, 64, false, true), Shape(3, 3, 37, 18, true, false)],
        [Shape(3, 1, 2, 2, false, false), Shape(3, 1, 130, 66, true, true), Shape(5, 2, 5, 0, true, false), Shape(3, 1, 300, 300, true, true)],
        [Shape(1027, 32, 128, 128, false, true), Shape(1027, 8, 128, 128, true, true)]);

    private static CheckShape<RotaryArgs> Shape(int rows, int heads, int headDim, int rotaryDim, bool norm, bool aligned) =>
        new($"{rows}x{heads}x{headDim} turns {rotaryDim}{(norm ? " + norm" : "")}{(aligned ? "" : " unaligned")}", rows, batch =>
        {
            var place = new Place(aligned);
            var width = heads * headDim;
            var x = batch.Rows(0, place, width);
            var table = rotaryDim == 0 ? [] : RotaryTable.Create(Positions, RotaryTable.Frequencies(rotaryDim, 100));
            var tableInput = batch.Keep(place.Input(batch.Accelerator, table, Positions, rotaryDim));
            var weight = batch.SharedArray(1, headDim);
            var places = batch.Integers(2, 1, Positions + 5);
            var used = places[..batch.Units.Length];
            var y = batch.Output("y", place, width, () => Reference.Close(
                RotaryReference.Compute(
                    x.Values[..(used.Length * width)], table, Positions, norm ? weight : null, used, heads, headDim, rotaryDim,
                    WeightShift, Epsilon),
                Tolerances.Rotary));
            return new RotaryArgs
            {
                X = x.View,
                Y = y,
                NumHeads = heads,
                HeadDim = headDim,
                RotaryDim = rotaryDim,
                Table = tableInput.View,
                TableRows = Positions,
                Positions = batch.Upload(places),
                HasPositions = 1,
                NormWeight = batch.Upload(weight),
                HasNorm = norm ? 1 : 0,
                WeightShift = WeightShift,
                Epsilon = Epsilon,
                Rows = batch.Active(),
                Status = batch.Status(() => EmbeddingReference.Reported(used, Positions)),
                StatusSlot = GuardedIntegers.Offset,
            };
        });
}
