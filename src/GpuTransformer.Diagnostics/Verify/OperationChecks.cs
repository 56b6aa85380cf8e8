using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>The checks of every operation of the library.</summary>
internal static class OperationChecks
{
    private const float Cap = 3f;
    private const int MaxDistance = 20;

    /// <summary>One for each operation, and for each type parameter that the library's models use.</summary>
    public static IReadOnlyList<OperationCheck> All { get; } =
    [
        new MatMulCheck(),
        new AttentionCheck<PlainScore>("plain", (_, _) => (default, null)),
        new AttentionCheck<AlibiScore>("ALiBi", (_, heads) => (new AlibiScore(heads), AttentionPolicies.Alibi(heads))),
        new AttentionCheck<SoftCapScore>("soft cap", (_, _) => (new SoftCapScore(Cap), AttentionPolicies.SoftCap(Cap))),
        new AttentionCheck<RelativeBiasScore>("relative bias", RelativeBias),
        new KeyValueWriteCheck(),
        new PageCopyCheck(),
        new AttentionMapCheck(),
        new SpatialAttentionCheck(),
        new AdditiveAttentionCheck(),
        new SoftmaxCheck(),
        new NormCheck(subtractsMean: true),
        new NormCheck(subtractsMean: false),
        new BatchNormCheck(),
        new GroupNormCheck(),
        new RotaryCheck(),
        new ActivationCheck(),
        new SoftCapCheck(),
        new AddCheck(),
        new ConcatCheck(),
        new TransposeCheck(),
        new GatherCheck(),
        new EmbeddingCheck(),
        new TokenAssemblyCheck(),
        new MaxPoolCheck(),
        new UpsampleCheck(),
        new ConvolutionCheck(),
        new TopKCheck(),
    ];

    private static (RelativeBiasScore Score, AttentionReference.Policy? Policy) RelativeBias(CheckBatch batch, int heads)
    {
        var table = batch.SharedArray(9, heads * (2 * MaxDistance + 1));
        return (new RelativeBiasScore(batch.Upload(table), MaxDistance), AttentionPolicies.RelativeBias(table, MaxDistance));
    }
}
