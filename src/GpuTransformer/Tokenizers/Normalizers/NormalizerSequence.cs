using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Normalizers;

/// <summary>Normalizers one after another.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> normalizers) : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        foreach (INormalizer normalizer in normalizers)
        {
            normalizer.Normalize(text);
        }
    }
}
