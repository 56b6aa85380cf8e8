using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Normalizers;

/// <summary>One of Unicode's normalization forms.</summary>
internal sealed class UnicodeNormalizer(UnicodeForm form) : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(NormalizedText text) => UnicodeNormalization.Apply(text, form);
}
