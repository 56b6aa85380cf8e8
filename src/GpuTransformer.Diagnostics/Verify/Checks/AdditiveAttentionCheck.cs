using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Additive attention with keys that are all there, some, and none.</summary>
internal sealed class AdditiveAttentionCheck : OperationCheck<AdditiveAttentionArgs>
{
    public override string Name => "AdditiveAttention";

    protected override Operation<AdditiveAttentionArgs> Of(KernelSet kernels) => kernels.AdditiveAttention;

    protected override IEnumerable<CheckShape<AdditiveAttentionArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(2, 3, 32, 64, 64), Shape(3, 2, 37, 19, 29)],
        [Shape(3, 1, 1, 1, 1), Shape(4, 2, 65, 5, 130), Shape(2, 1, 129, 33, 3)],
        [Shape(8, 16, 256, 256, 512)]);

    private static CheckShape<AdditiveAttentionArgs> Shape(int sequences, int queries, int keys, int width, int valueWidth) =>
        new($"{sequences}x{queries}x{keys}x{width}, values {valueWidth}", sequences, batch =>
        {
            var place = new Place(false);
            var count = batch.Units.Length;
            var q = batch.Rows(0, place, width, queries, Spread.Normal);
            var k = batch.Rows(1, place, width, keys, Spread.Normal);
            var v = batch.Rows(2, place, valueWidth, keys);
            var vector = batch.SharedArray(3, width);
            int[] lengths = [.. batch.Units.Select(unit => (unit % 3) switch { 0 => keys, 1 => (keys + 1) / 2, _ => 0 })];
            var expected = new Lazy<(double[] Output, double[] Weights)>(() => AdditiveAttentionReference.Compute(
                q.Values, k.Values, v.Values, vector, lengths, count, queries, keys, width, valueWidth));
            var output = batch.Output(
                "output", place, valueWidth, () => Reference.Close(expected.Value.Output, Tolerances.AdditiveAttention), queries);
            var weights = batch.Output(
                "weights", place, keys, () => Reference.Close(expected.Value.Weights, Tolerances.AdditiveAttention), queries);
            return new AdditiveAttentionArgs
            {
                Query = q.View,
                Key = k.View,
                Value = v.View,
                Vector = batch.Upload([float.NaN, .. vector]),
                VectorOffset = 1,
                Output = output,
                Weights = weights,
                KeyLengths = batch.Upload(lengths),
                HasKeyLengths = 1,
                Batch = count,
                SeqLenQ = queries,
                SeqLenKv = keys,
                Width = width,
                ValueWidth = valueWidth,
            };
        })
        {
            HasCapacity = false,
        };
}
