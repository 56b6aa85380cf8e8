namespace GpuTransformer.Tokenizers.Text;

/// <summary>Unicode's canonical decomposition (NFD).</summary>
internal static class CanonicalDecomposition
{
    /// <summary>Rewrites the text in canonical decomposition.</summary>
    public static void Apply(NormalizedText text) => UnicodeNormalization.Apply(text, UnicodeForm.Nfd);
}
