using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>The attention weights, for maps that hold all slots and maps that do not.</summary>
internal sealed class AttentionMapCheck : OperationCheck<AttentionMapArgs>
{
    private const float Scale = 0.5f;

    public override string Name => "AttentionMap";

    protected override Operation<AttentionMapArgs> Of(KernelSet kernels) => kernels.AttentionMap;

    protected override IEnumerable<CheckShape<AttentionMapArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [
            Shape(new(2, 2, 16, [(16, 64), (4, 64)], 16, false), 64),
            Shape(new(2, 1, 17, [(5, 37), (3, 20)], 16, true), 37),
        ],
        [
            Shape(new(1, 1, 4, [(1, 1), (1, 1)], 16, false), 1),
            Shape(new(2, 1, 33, [(3, 17), (2, 0)], 16, false), 20),
            Shape(new(4, 2, 8, [(5, 140), (2, 33)], 16, true), 140),
            Shape(new(1, 1, 5, [(4, 33), (1, 8)], 16, true), 16),
        ],
        [Shape(new(12, 12, 64, [(128, 512), (77, 77)], 64, true), 512)]);

    private static CheckShape<AttentionMapArgs> Shape(AttentionShape shape, int mapKeys) =>
        new($"{shape}, map of {mapKeys}", shape.Sequences.Length, batch =>
        {
            var attention = shape.Of(batch);
            var buffers = batch.Keep(new AttentionBuffers(batch.Accelerator, attention, 16));
            var width = shape.NumHeads * mapKeys;
            var map = batch.Keep(new GuardedOutput(batch.Accelerator, attention.Rows.Count, width, width + 3));
            var starts = shape.Starts(batch, width);
            batch.Add("map", map, starts, () => Reference.Close(
                attention.ExpectedMap(starts[^1] / width, mapKeys, Scale), Tolerances.AttentionMap));
            var rows = attention.Rows.Count;
            return new AttentionMapArgs
            {
                Query = buffers.Query,
                Pages = buffers.Pages,
                RowTable = buffers.RowTable,
                Rows = batch.Spare == 0 ? ActiveRows.Fixed(rows) : ActiveRows.FromState(batch.Upload([rows - batch.Spare]), 0, rows),
                NumHeads = shape.NumHeads,
                Scale = Scale,
                Map = map.View,
                MapKeys = mapKeys,
            };
        })
        {
            CanBeEmpty = false,
        };
}
