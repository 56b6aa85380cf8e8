using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>LayerNorm or RMSNorm, with and without residual, sum, bias and a shifted weight.</summary>
internal sealed class NormCheck(bool subtractsMean) : OperationCheck<NormArgs>
{
    private const float Epsilon = 1e-5f;

    public override string Name => subtractsMean ? "LayerNorm" : "RmsNorm";

    protected override Operation<NormArgs> Of(KernelSet kernels) => subtractsMean ? kernels.LayerNorm : kernels.RmsNorm;

    protected override IEnumerable<CheckShape<NormArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [
            .. RowWidths.Whole.Select(width => Shape(2, width, true, true)),
            .. RowWidths.Quads.Select(width => Shape(3, width, true, true)),
            .. RowWidths.Shared(plan.Traits).Select(shape => Shape(shape.Rows, shape.Width, true, true)),
            .. RowWidths.Ragged.Select(width => Shape(3, width, true, false)),
        ],
        [
            Shape(5, 1, false, false), Shape(3, 4, true, true), Shape(4, 65, false, false), Shape(3, 768, false, true),
            Shape(3, 1025, true, true),
        ],
        [Shape(4099, 768, true, true), Shape(1027, 4096, true, true), Shape(35, 16387, false, false)]);

    private CheckShape<NormArgs> Shape(int rows, int width, bool residual, bool aligned) =>
        new($"{rows}x{width}{(residual ? " + residual" : "")}{(aligned ? "" : " unaligned")}", rows, batch =>
        {
            var place = new Place(aligned);
            var x = batch.Rows(0, place, width);
            var added = batch.Rows(1, place, width, spread: Spread.Normal);
            var offset = aligned ? 4 : 3;
            var (weight, bias) = (batch.SharedArray(2, width), batch.SharedArray(3, width));
            var shift = subtractsMean ? 0f : 1f;
            var expected = new Lazy<(double[] Y, double[] Sum)>(() => NormReference.Rows(
                subtractsMean, x.Values, residual ? added.Values : null, weight, subtractsMean ? bias : null,
                batch.Units.Length, width, Epsilon, shift));
            var y = batch.Output("y", place, width, () => Reference.Close(expected.Value.Y, Tolerances.Norm));
            var sum = residual
                ? batch.Output("sum", place, width, () => Reference.Close(expected.Value.Sum, Tolerances.NormSum))
                : default;
            return new NormArgs
            {
                X = x.View,
                Residual = added.View,
                HasResidual = residual ? 1 : 0,
                Sum = sum,
                HasSum = residual ? 1 : 0,
                Y = y,
                Weight = batch.Upload([.. new float[offset], .. weight]),
                WeightOffset = offset,
                Bias = batch.Upload([.. new float[offset], .. bias]),
                BiasOffset = offset,
                HasBias = subtractsMean ? 1 : 0,
                Width = width,
                Rows = batch.Active(),
                Epsilon = Epsilon,
                WeightShift = shift,
            };
        });
}
