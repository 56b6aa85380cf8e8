using System.Reflection;

namespace GpuTransformer.Kernels;

/// <summary>Every ILGPU kernel of the library, for the tests that read or compile them all.</summary>
internal static class KernelCatalog
{
    /// <summary>The naive and group kernels of every operation's table, generic ones closed over what the tables use.</summary>
    internal static IEnumerable<MethodInfo> GpuKernels() =>
    [
        .. Kernels(MatMulVariants<StandardEpilogue>.Table()),
        .. Kernels(Activation.Variants),
        .. Kernels(SoftCap.Variants),
        .. Kernels(Add.Variants),
        .. Kernels(Concat.Variants),
        .. Kernels(Transpose.Variants),
        .. Kernels(Gather.Variants),
        .. Kernels(Embedding.Variants),
        .. Kernels(Patch.Variants),
        .. Kernels(TokenAssembly.Variants),
        .. Kernels(Unfold.Variants),
        .. Kernels(MaxPool.Variants),
        .. Kernels(Upsample.Variants),
        .. Kernels(TopK.Variants),
        .. Kernels(Softmax.Variants),
        .. Kernels(LayerNorm.Variants),
        .. Kernels(RmsNorm.Variants),
        .. Kernels(BatchNorm.Variants),
        .. Kernels(GroupNorm.Variants),
        .. Kernels(Rotary.Variants),
        .. Kernels(AttentionOperation<PlainScore>.Variants),
        .. Kernels(AttentionOperation<AlibiScore>.Variants),
        .. Kernels(AttentionOperation<SoftCapScore>.Variants),
        .. Kernels(AttentionOperation<RelativeBiasScore>.Variants),
        .. Kernels(KeyValueWrite.Variants),
        .. Kernels(PageCopy.Variants),
        .. Kernels(AttentionMap.Variants),
        .. Kernels(SpatialAttention.Variants),
        .. Kernels(AdditiveAttention.Variants),
    ];

    private static IEnumerable<MethodInfo> Kernels<TArgs>(Variant<TArgs>[] table)
        where TArgs : struct =>
        table.OfType<KernelVariant<TArgs>>().SelectMany(variant => variant.Methods);
}
