using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Token, position and type rows; some ids lie outside and are reported.</summary>
internal sealed class EmbeddingCheck : OperationCheck<EmbeddingArgs>
{
    private const int VocabSize = 90;
    private const int MaxPositions = 40;
    private const int TypeVocabSize = 2;
    private const float Scale = 2.5f;

    public override string Name => "Embedding";

    protected override Operation<EmbeddingArgs> Of(KernelSet kernels) => kernels.Embedding;

    protected override IEnumerable<CheckShape<EmbeddingArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(4, 1024, true, true, true), Shape(3, 37, true, true, true)],
        [Shape(3, 1, false, false, false), Shape(5, 129, true, false, false), Shape(9, 518, false, true, true)],
        [Shape(4099, 768, true, true, true), Shape(1027, 2053, true, false, false)]);

    private static CheckShape<EmbeddingArgs> Shape(int rows, int width, bool positions, bool types, bool aligned) =>
        new($"{rows}x{width} of {VocabSize}{(positions ? " + positions" : "")}{(types ? " + types" : "")}{(aligned ? "" : " unaligned")}", rows, batch =>
        {
            var place = new Place(aligned);
            var table = batch.SharedRows(0, place, VocabSize, width, Spread.Outliers);
            var positionTable = batch.SharedRows(1, place, MaxPositions, width);
            var typeTable = batch.SharedRows(2, place, TypeVocabSize, width);
            var ids = batch.Integers(3, 1, VocabSize + VocabSize / 9);
            var (positionIds, typeIds) = (batch.Integers(4, 1, MaxPositions), batch.Integers(5, 1, TypeVocabSize));
            var used = ids[..batch.Units.Length];
            var y = batch.Output("y", place, width, () =>
            {
                var sum = EmbeddingReference.Rows(table.Values, VocabSize, used, width, Scale);
                sum = !positions ? sum : EmbeddingReference.Sum(
                    sum, EmbeddingReference.Rows(positionTable.Values, MaxPositions, positionIds[..used.Length], width));
                sum = !types ? sum : EmbeddingReference.Sum(
                    sum, EmbeddingReference.Rows(typeTable.Values, TypeVocabSize, typeIds[..used.Length], width));
                return Reference.Close(sum, Tolerances.Embedding);
            });
            return new EmbeddingArgs
            {
                Ids = batch.Upload([-9, .. ids]),
                IdsOffset = 1,
                Table = table.View,
                VocabSize = VocabSize,
                Scale = Scale,
                Positions = batch.Upload([-9, -9, .. positionIds]),
                PositionsOffset = 2,
                PositionTable = positionTable.View,
                MaxPositions = MaxPositions,
                HasPositions = positions ? 1 : 0,
                TypeIds = batch.Upload([-9, -9, -9, .. typeIds]),
                TypeIdsOffset = 3,
                TypeTable = typeTable.View,
                TypeVocabSize = TypeVocabSize,
                HasTypes = types ? 1 : 0,
                Y = y,
                Width = width,
                Rows = batch.Active(),
                Status = batch.Status(() => EmbeddingReference.Reported(used, VocabSize)),
                StatusSlot = GuardedIntegers.Offset,
            };
        });
}
