using System.Text;

namespace GpuTransformer.Tokenizers;

/// <summary>Decodes ids as they are generated. A letter whose bytes lie in several tokens comes out once it is whole;
/// all that was appended, with what <see cref="Finish"/> gives, equals decoding the ids at once.</summary>
public sealed class StreamingDecoder
{
    private readonly IDecoding _decoding;
    private readonly Func<int, string?> _token;
    private readonly List<TokenPart> _parts = [];

    internal StreamingDecoder(IDecoding decoding, Func<int, string?> token)
    {
        _decoding = decoding;
        _token = token;
    }

    /// <summary>Takes the next id; gives the text that it completes, which may be empty. An id without a token gives
    /// nothing.</summary>
    public string Append(int id)
    {
        if (_token(id) is not { } token)
        {
            return "";
        }
        _decoding.Push(new TokenPart(token), _parts);
        return Take();
    }

    /// <summary>What was held back at the end: bytes that never became a letter, as U+FFFD.</summary>
    public string Finish()
    {
        _decoding.End(_parts);
        return Take();
    }

    internal string All(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            text.Append(Append(id));
        }
        return text.Append(Finish()).ToString();
    }

    private string Take()
    {
        string text = _parts.Count == 1 ? _parts[0].Text : string.Concat(_parts.Select(part => part.Text));
        _parts.Clear();
        return text;
    }
}
