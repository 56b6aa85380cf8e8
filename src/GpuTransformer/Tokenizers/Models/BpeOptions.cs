namespace GpuTransformer.Tokenizers.Models;

/// <summary>How byte pair encoding spells a piece before it merges.</summary>
internal sealed record BpeOptions
{
    /// <summary>Stands before every letter of a piece but the first.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Stands after the last letter of a piece.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>What a letter that is no token becomes; null drops it.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>True when unknown letters that follow each other are one unknown token.</summary>
    public bool FusesUnknown { get; init; }

    /// <summary>True when a letter that is no token becomes its bytes, as the tokens &lt;0x00&gt; to &lt;0xFF&gt;.</summary>
    public bool FallsBackToBytes { get; init; }

    /// <summary>True when a piece that is a token is taken whole.</summary>
    public bool IgnoresMerges { get; init; }
}
