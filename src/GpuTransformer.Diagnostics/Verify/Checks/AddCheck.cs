using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Sums, exact to the last bit.</summary>
internal sealed class AddCheck : OperationCheck<AddArgs>
{
    public override string Name => "Add";

    protected override Operation<AddArgs> Of(KernelSet kernels) => kernels.Add;

    protected override IEnumerable<CheckShape<AddArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(4, 1024, true), Shape(3, 37, true)],
        [Shape(3, 1, false), Shape(2, 129, false), Shape(3, 1031, true)],
        [Shape(4099, 3072, true), Shape(517, 4097, false)]);

    private static CheckShape<AddArgs> Shape(int rows, int width, bool aligned) =>
        new($"{rows}x{width}{(aligned ? "" : " unaligned")}", rows, batch =>
        {
            var place = new Place(aligned);
            var (a, b) = (batch.Rows(0, place, width), batch.Rows(1, place, width));
            var y = batch.Output("y", place, width, () => Reference.Exactly(
                [.. a.Values.Zip(b.Values, (u, v) => u + v).Take(batch.Units.Length * width)]));
            return new AddArgs { A = a.View, B = b.View, Y = y, Width = width, Rows = batch.Active() };
        });
}
