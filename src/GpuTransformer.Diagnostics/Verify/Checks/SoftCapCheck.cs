using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Soft caps of values past the cap and far below it.</summary>
internal sealed class SoftCapCheck : OperationCheck<SoftCapArgs>
{
    private const float Cap = 7.5f;

    public override string Name => "SoftCap";

    protected override Operation<SoftCapArgs> Of(KernelSet kernels) => kernels.SoftCap;

    protected override IEnumerable<CheckShape<SoftCapArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(4, 1024, true), Shape(3, 37, true)],
        [Shape(3, 1, false), Shape(2, 129, false), Shape(3, 1031, true)],
        [Shape(1027, 4096, true), Shape(33, 32003, false)]);

    private static CheckShape<SoftCapArgs> Shape(int rows, int width, bool aligned) =>
        new($"{rows}x{width}{(aligned ? "" : " unaligned")}", rows, batch =>
        {
            var place = new Place(aligned);
            var x = batch.Rows(0, place, width);
            var y = batch.Output("y", place, width, () => Reference.Close(
                [.. x.Values.Take(batch.Units.Length * width).Select(v => ReferenceActivation.SoftCap(v, Cap))],
                Tolerances.SoftCap));
            return new SoftCapArgs { X = x.View, Y = y, Width = width, Cap = Cap, Rows = batch.Active() };
        });
}
