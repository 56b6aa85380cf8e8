using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Batch normalization with frozen statistics, planes of one pixel and of many.</summary>
internal sealed class BatchNormCheck : OperationCheck<BatchNormArgs>
{
    private const float Epsilon = 1e-5f;

    public override string Name => "BatchNorm";

    protected override Operation<BatchNormArgs> Of(KernelSet kernels) => kernels.BatchNorm;

    protected override IEnumerable<CheckShape<BatchNormArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(2, 3, 256, false), Shape(2, 3, 37, true)],
        [Shape(3, 5, 1, false), Shape(3, 2, 65, true), Shape(2, 7, 1031, true)],
        [Shape(8, 64, 56 * 56, true)]);

    private static CheckShape<BatchNormArgs> Shape(int images, int channels, int spatial, bool residual) =>
        new($"{images}x{channels}x{spatial}{(residual ? " + residual, relu" : "")}", images, batch =>
        {
            const int offset = 3;
            var each = channels * spatial;
            var x = batch.Keep(new PaddedInput(
                batch.Accelerator, batch.UnitArray(0, each, Spread.Outliers), 1, batch.Units.Length * each, offset));
            var added = batch.Keep(new PaddedInput(
                batch.Accelerator, batch.UnitArray(1, each, Spread.Normal), 1, batch.Units.Length * each, offset));
            var (weight, bias, mean) = (
                batch.SharedArray(2, channels), batch.SharedArray(3, channels), batch.SharedArray(4, channels));
            float[] variance = [.. batch.SharedArray(5, channels).Select(v => v * v + 0.1f)];
            var y = batch.Keep(new GuardedOutput(batch.Accelerator, 1, batch.Units.Length * each));
            batch.Add("y", y, batch.UnitStarts(each), () => Reference.Close(
                NormReference.Batch(
                    x.Values, weight, bias, mean, variance, residual ? added.Values : null,
                    batch.Units.Length, channels, spatial, Epsilon, residual),
                Tolerances.BatchNorm));
            return new BatchNormArgs
            {
                X = x.View.Data,
                XOffset = offset,
                Y = y.View.Data,
                YOffset = y.View.Offset,
                Residual = added.View.Data,
                ResidualOffset = offset,
                HasResidual = residual ? 1 : 0,
                Weight = batch.Upload(weight),
                Bias = batch.Upload(bias),
                Mean = batch.Upload(mean),
                Variance = batch.Upload(variance),
                Batch = batch.Units.Length,
                Channels = channels,
                Spatial = spatial,
                Epsilon = Epsilon,
                Activation = (int)(residual ? ActivationKind.Relu : ActivationKind.None),
            };
        })
        {
            HasCapacity = false,
        };
}
