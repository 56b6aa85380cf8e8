namespace GpuTransformer.Tokenizers;

/// <summary>Turns text into the ids a model reads and back. Safe to use from several threads at once.</summary>
public interface ITokenizer
{
    /// <summary>One more than the largest id.</summary>
    int IdLimit { get; }

    /// <summary>The tokens of a text, with the special tokens a model expects around it unless
    /// <paramref name="addSpecialTokens"/> is false.</summary>
    Tokenization Encode(string text, bool addSpecialTokens = true);

    /// <summary>The text that ids stand for.</summary>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true);

    /// <summary>Starts decoding ids that arrive one at a time.</summary>
    StreamingDecoder StartDecoding(bool skipSpecialTokens = true);

    /// <summary>The id of a token, or null.</summary>
    int? TokenToId(string token);

    /// <summary>The token with an id, or null.</summary>
    string? IdToToken(int id);
}
