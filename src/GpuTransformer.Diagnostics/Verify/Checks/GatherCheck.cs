using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Rows by index; one index in seven lies outside and is reported.</summary>
internal sealed class GatherCheck : OperationCheck<GatherArgs>
{
    public override string Name => "Gather";

    protected override Operation<GatherArgs> Of(KernelSet kernels) => kernels.Gather;

    protected override IEnumerable<CheckShape<GatherArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(4, 6, 1024, true), Shape(3, 6, 37, true)],
        [Shape(3, 6, 1, false), Shape(5, 6, 129, false), Shape(9, 6, 1031, true)],
        [Shape(4099, 600, 768, true)]);

    private static CheckShape<GatherArgs> Shape(int rows, int sourceRows, int width, bool aligned) =>
        new($"{rows} of {sourceRows} x{width}{(aligned ? "" : " unaligned")}", rows, batch =>
        {
            var place = new Place(aligned);
            var x = batch.SharedRows(0, place, sourceRows, width);
            var indices = batch.Integers(1, 1, sourceRows + Math.Max(1, sourceRows / 6));
            var used = indices[..batch.Units.Length];
            var y = batch.Output("y", place, width, () => Reference.Close(
                EmbeddingReference.Rows(x.Values, sourceRows, used, width), Bound.Exact));
            return new GatherArgs
            {
                X = x.View,
                SourceRows = sourceRows,
                Indices = batch.Upload([-9, .. indices]),
                IndicesOffset = 1,
                Y = y,
                Width = width,
                Rows = batch.Active(),
                Status = batch.Status(() => EmbeddingReference.Reported(used, sourceRows)),
                StatusSlot = GuardedIntegers.Offset,
            };
        });
}
