using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Group normalization of images whose channels are adjacent.</summary>
internal sealed class GroupNormCheck : OperationCheck<GroupNormArgs>
{
    private const float Epsilon = 1e-5f;

    public override string Name => "GroupNorm";

    protected override Operation<GroupNormArgs> Of(KernelSet kernels) => kernels.GroupNorm;

    protected override IEnumerable<CheckShape<GroupNormArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(2, 32, 32, 8, ActivationKind.None), Shape(2, 7, 40, 8, ActivationKind.Relu)],
        [Shape(3, 1, 2, 1, ActivationKind.None), Shape(3, 3, 17, 1, ActivationKind.None), Shape(2, 129, 36, 4, ActivationKind.GeluErf)],
        [Shape(5, 53 * 40, 256, 8, ActivationKind.Relu)]);

    private static CheckShape<GroupNormArgs> Shape(int images, int spatial, int channels, int groups, ActivationKind kind) =>
        new($"{images}x{spatial}x{channels} in {groups} groups {kind}", images, batch =>
        {
            var place = new Place(false);
            var x = batch.Rows(0, place, channels, spatial);
            var (weight, bias) = (batch.SharedArray(1, channels), batch.SharedArray(2, channels));
            var y = batch.Output("y", place, channels, () => Reference.Within(
                NormReference.Groups(x.Values, weight, bias, batch.Units.Length, spatial, channels, groups, Epsilon, kind)
                    [..(batch.Units.Length * spatial * channels)],
                NormReference.GroupsAllowed(x.Values, weight, batch.Units.Length, spatial, channels, groups, Epsilon)
                    [..(batch.Units.Length * spatial * channels)]), spatial);
            return new GroupNormArgs
            {
                X = x.View,
                Y = y,
                Weight = batch.Upload(weight),
                Bias = batch.Upload(bias),
                Images = batch.Active(),
                Spatial = spatial,
                Channels = channels,
                Groups = groups,
                Epsilon = Epsilon,
                Activation = (int)kind,
            };
        });
}
