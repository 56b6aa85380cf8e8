using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Every activation, aligned and not.</summary>
internal sealed class ActivationCheck : OperationCheck<ActivationArgs>
{
    public override string Name => "Activation";

    protected override Operation<ActivationArgs> Of(KernelSet kernels) => kernels.Activation;

    protected override IEnumerable<CheckShape<ActivationArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(4, 1024, ActivationKind.GeluErf, true), .. Enum.GetValues<ActivationKind>().Select(kind => Shape(3, 37, kind, true))],
        [
            .. Enum.GetValues<ActivationKind>().Select(kind => Shape(3, 131, kind, true)),
            Shape(3, 1, ActivationKind.Silu, false),
            Shape(5, 1031, ActivationKind.GeluErf, false),
        ],
        [Shape(4099, 3072, ActivationKind.GeluTanh, true), Shape(517, 4097, ActivationKind.Silu, false)]);

    private static CheckShape<ActivationArgs> Shape(int rows, int width, ActivationKind kind, bool aligned) =>
        new($"{rows}x{width} {kind}{(aligned ? "" : " unaligned")}", rows, batch =>
        {
            var place = new Place(aligned);
            var x = batch.Rows(0, place, width);
            var y = batch.Output("y", place, width, () => Reference.Close(
                [.. x.Values.Take(batch.Units.Length * width).Select(v => ReferenceActivation.Apply(v, kind))],
                Tolerances.Activation));
            return new ActivationArgs { X = x.View, Y = y, Width = width, Rows = batch.Active(), Activation = (int)kind };
        });
}
