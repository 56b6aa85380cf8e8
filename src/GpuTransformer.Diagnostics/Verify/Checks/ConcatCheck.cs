using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Columns side by side, with widths that keep and break alignment.</summary>
internal sealed class ConcatCheck : OperationCheck<ConcatArgs>
{
    public override string Name => "Concat";

    protected override Operation<ConcatArgs> Of(KernelSet kernels) => kernels.Concat;

    protected override IEnumerable<CheckShape<ConcatArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(4, 512, 512, true), Shape(3, 36, 5, true)],
        [Shape(3, 1, 2, false), Shape(2, 129, 3, true), Shape(3, 1032, 1, true)],
        [Shape(4099, 768, 770, true)]);

    private static CheckShape<ConcatArgs> Shape(int rows, int widthA, int widthB, bool aligned) =>
        new($"{rows}x({widthA}+{widthB}){(aligned ? "" : " unaligned")}", rows, batch =>
        {
            var place = new Place(aligned);
            var (a, b) = (batch.Rows(0, place, widthA), batch.Rows(1, place, widthB));
            var y = batch.Output("y", place, widthA + widthB, () => Reference.Exactly(
                [.. Enumerable.Range(0, batch.Units.Length).SelectMany(r =>
                    a.Values[(r * widthA)..((r + 1) * widthA)].Concat(b.Values[(r * widthB)..((r + 1) * widthB)]))]));
            return new ConcatArgs
            {
                A = a.View,
                B = b.View,
                Y = y,
                WidthA = widthA,
                WidthB = widthB,
                Rows = batch.Active(),
            };
        });
}
