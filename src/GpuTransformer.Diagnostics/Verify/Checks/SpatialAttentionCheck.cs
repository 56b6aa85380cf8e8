using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Weights over heads and positions together; images whose positions have no key.</summary>
internal sealed class SpatialAttentionCheck : OperationCheck<SpatialAttentionArgs>
{
    public override string Name => "SpatialAttention";

    protected override Operation<SpatialAttentionArgs> Of(KernelSet kernels) => kernels.SpatialAttention;

    protected override IEnumerable<CheckShape<SpatialAttentionArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(2, 3, 32, 8, 32), Shape(2, 3, 35, 3, 17)],
        [Shape(3, 1, 1, 1, 1), Shape(3, 2, 7, 3, 5), Shape(2, 2, 65, 2, 33)],
        [Shape(2, 100, 20 * 27, 8, 32)]);

    private static CheckShape<SpatialAttentionArgs> Shape(int images, int queries, int positions, int heads, int headDim) =>
        new($"{images}x{queries} queries x{positions} positions x{heads}x{headDim}", images, batch =>
        {
            var place = new Place(false);
            var width = heads * headDim;
            var q = batch.Rows(0, place, width, queries);
            var k = batch.Rows(1, place, width, positions, Spread.Normal);

            // Every third position has no key; every third image has none at all.
            var table = new int[batch.Capacity * positions];
            for (var i = 0; i < table.Length; i++)
            {
                var unit = i / positions < batch.Units.Length ? batch.Units[i / positions] : 0;
                table[i] = i % positions % 3 == 2 || unit % 3 == 2 ? -1 : i;
            }

            var scale = 1f / MathF.Sqrt(headDim);
            var y = batch.Output("y", place, heads, () => Reference.Close(
                SpatialAttentionReference.Compute(
                    q.Values, k.Values, table, batch.Capacity * positions, batch.Units.Length * queries, queries, positions,
                    heads, headDim, scale),
                Tolerances.SpatialAttention), queries * positions);
            return new SpatialAttentionArgs
            {
                Query = q.View,
                Key = k.View,
                KeyRows = batch.Capacity * positions,
                KeyTable = batch.Upload(table),
                Y = y,
                Rows = batch.Active(queries),
                Queries = queries,
                Positions = positions,
                NumHeads = heads,
                HeadDim = headDim,
                Scale = scale,
            };
        });
}
