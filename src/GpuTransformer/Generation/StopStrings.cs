using System.Text;
using GpuTransformer.Tokenizers;

namespace GpuTransformer.Generation;

/// <summary>Texts that end a sequence. As in transformers a sequence ends with the token that completes one: letters of that
/// token after the stop string stay, and a stop string may begin in the prompt.</summary>
internal sealed class StopStrings
{
    private readonly IReadOnlyList<string> _texts;
    private readonly ITokenizer _tokenizer;
    private readonly int _window;

    public StopStrings(IReadOnlyList<string> texts, ITokenizer tokenizer)
    {
        _texts = texts;
        _tokenizer = tokenizer;

        // Each token stands for a byte at least; one more, since the first of some decoders loses its space.
        _window = texts.Max(Encoding.UTF8.GetByteCount) + 2;
    }

    /// <summary>Whether the last token completes a stop string.</summary>
    public bool EndWith(ReadOnlySpan<int> ids)
    {
        var decoder = _tokenizer.StartDecoding(skipSpecialTokens: false);
        var text = new StringBuilder();
        foreach (var id in ids[Math.Max(0, ids.Length - _window)..^1])
        {
            text.Append(decoder.Append(id));
        }

        var before = text.Length;
        var whole = text.Append(decoder.Append(ids[^1])).ToString();
        return whole.Length > before
            && _texts.Any(stop => whole.IndexOf(stop, Math.Max(0, before - stop.Length + 1), StringComparison.Ordinal) >= 0);
    }
}
