using System.Reflection;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>A kernel that a GPU can be asked to run.</summary>
/// <param name="Operation">The operation that launches it.</param>
/// <param name="Variant">The entry of the operation's table, with the stage where the entry has two.</param>
/// <param name="Kind">Naive or Group.</param>
/// <param name="Method">The static method, closed over what the table uses.</param>
/// <param name="Limits">What it is compiled for.</param>
internal sealed record GpuKernel(
    string Operation, string Variant, VariantKind Kind, MethodInfo Method, KernelSpecialization Limits);

/// <summary>Every ILGPU kernel of the library, for what reads, compiles or measures them all.</summary>
internal static class KernelCatalog
{
    /// <summary>The naive and group kernels of every operation's table, generic ones closed over what the tables use.</summary>
    internal static IReadOnlyList<GpuKernel> Entries() =>
    [
        .. Of(nameof(MatMul), MatMulVariants<StandardEpilogue>.Table()),
        .. Of(nameof(Activation), Activation.Variants),
        .. Of(nameof(SoftCap), SoftCap.Variants),
        .. Of(nameof(Add), Add.Variants),
        .. Of(nameof(Concat), Concat.Variants),
        .. Of(nameof(Transpose), Transpose.Variants),
        .. Of(nameof(Gather), Gather.Variants),
        .. Of(nameof(Embedding), Embedding.Variants),
        .. Of(nameof(TokenAssembly), TokenAssembly.Variants),
        .. Of(nameof(MaxPool), MaxPool.Variants),
        .. Of(nameof(Upsample), Upsample.Variants),
        .. Of(nameof(Convolution), Convolution.Variants),
        .. Of(nameof(TopK), TopK.Variants),
        .. Of(nameof(Softmax), Softmax.Variants),
        .. Of(nameof(LayerNorm), LayerNorm.Variants),
        .. Of(nameof(RmsNorm), RmsNorm.Variants),
        .. Of(nameof(BatchNorm), BatchNorm.Variants),
        .. Of(nameof(GroupNorm), GroupNorm.Variants),
        .. Of(nameof(Rotary), Rotary.Variants),
        .. Of(nameof(Attention), AttentionOperation<PlainScore>.Variants),
        .. Of(nameof(Attention), AttentionOperation<AlibiScore>.Variants),
        .. Of(nameof(Attention), AttentionOperation<SoftCapScore>.Variants),
        .. Of(nameof(Attention), AttentionOperation<RelativeBiasScore>.Variants),
        .. Of(nameof(KeyValueWrite), KeyValueWrite.Variants),
        .. Of(nameof(PageCopy), PageCopy.Variants),
        .. Of(nameof(AttentionMap), AttentionMap.Variants),
        .. Of(nameof(SpatialAttention), SpatialAttention.Variants),
        .. Of(nameof(AdditiveAttention), AdditiveAttention.Variants),
    ];

    /// <summary>The methods of <see cref="Entries"/>, each once.</summary>
    internal static IEnumerable<MethodInfo> GpuKernels() => Entries().Select(entry => entry.Method).Distinct();

    private static IEnumerable<GpuKernel> Of<TArgs>(string operation, Variant<TArgs>[] table)
        where TArgs : struct
    {
        foreach (var variant in table.OfType<KernelVariant<TArgs>>())
        {
            yield return new(operation, variant.Name, variant.Kind, variant.Kernel.Method, variant.Limits);
            if (variant.Second is { } second)
            {
                yield return new(
                    operation, $"{variant.Name}, second stage", variant.Kind, second.Kernel.Method, second.Limits);
            }
        }
    }
}
