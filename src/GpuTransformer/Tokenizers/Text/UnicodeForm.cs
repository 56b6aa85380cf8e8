namespace GpuTransformer.Tokenizers.Text;

/// <summary>Unicode's normalization forms.</summary>
internal enum UnicodeForm
{
    /// <summary>Canonical decomposition, composed again.</summary>
    Nfc,

    /// <summary>Canonical decomposition.</summary>
    Nfd,

    /// <summary>Compatibility decomposition, composed again.</summary>
    Nfkc,

    /// <summary>Compatibility decomposition.</summary>
    Nfkd,
}
