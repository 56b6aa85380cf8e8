using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Decoders;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>A vocabulary of whole names, as the letter-to-phoneme models use it: a text is its letters, or names with
/// spaces between, and an id is a place in the list. Pad, start and stop are the list's own.</summary>
public sealed class CharacterTokenizer : ITokenizer
{
    private readonly Vocabulary _vocabulary;
    private readonly bool _isLetters;
    private readonly bool _startsWithStart;
    private readonly SpaceDecoder _decoder;

    private CharacterTokenizer(JsonObject config, string key, bool isLetters)
    {
        _isLetters = isLetters;
        _startsWithStart = !isLetters;
        string[] names = config.Texts(key);
        var ids = new Dictionary<string, int>(names.Length);
        for (int id = 0; id < names.Length; id++)
        {
            if (!ids.TryAdd(names[id], id))
            {
                throw config.Error($"{key}[{id}]", "a name that is not there yet", Quoted.Of(names[id]));
            }
        }
        _vocabulary = new Vocabulary(ids, config.Name);
        _decoder = new SpaceDecoder(isLetters ? "" : " ");
        Pad = config.Whole("pad", 0, names.Length - 1);
        Start = config.Whole("start", 0, names.Length - 1);
        Stop = config.Whole("stop", 0, names.Length - 1);
        if (Pad == Start || Start == Stop || Pad == Stop)
        {
            throw config.Error("pad, start, stop", "three different ids", $"{Pad}, {Start}, {Stop}");
        }
    }

    /// <summary>The id of padding.</summary>
    public int Pad { get; }

    /// <summary>The id that a target begins with.</summary>
    public int Start { get; }

    /// <summary>The id that a text ends with.</summary>
    public int Stop { get; }

    /// <inheritdoc/>
    public int IdLimit => _vocabulary.IdLimit;

    /// <summary>The letters of "source_vocabulary": encoding gives one id a letter and the stop id.</summary>
    public static CharacterTokenizer Source(JsonObject config) => new(config, "source_vocabulary", isLetters: true);

    /// <summary>The names of "target_vocabulary": encoding takes names between spaces and gives the start id, one id a
    /// name and the stop id.</summary>
    public static CharacterTokenizer Target(JsonObject config) => new(config, "target_vocabulary", isLetters: false);

    /// <summary>The ids of a text. A capital letter stands for the small one where only that is known; any other unknown
    /// letter is an <see cref="InputException"/> that names it.</summary>
    public Tokenization Encode(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = new TokenList(IdToToken);
        if (addSpecialTokens && _startsWithStart)
        {
            tokens.AddOfTemplate(Start, IdToToken(Start)!, 0);
        }
        for (int at = 0; at < text.Length;)
        {
            int end = _isLetters ? EndOfLetter(text, at) : EndOfName(text, at);
            if (_isLetters || text[at] != ' ')
            {
                tokens.Add(TokenAt(text, at, end));
            }
            at = end;
        }
        if (addSpecialTokens)
        {
            tokens.AddOfTemplate(Stop, IdToToken(Stop)!, 0);
        }
        return new Tokenization(tokens, text);
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) =>
        StartDecoding(skipSpecialTokens).All(ids);

    /// <inheritdoc/>
    public StreamingDecoder StartDecoding(bool skipSpecialTokens = true) => new(
        _decoder.Start(), id => skipSpecialTokens && (id == Pad || id == Start || id == Stop) ? null : IdToToken(id));

    /// <inheritdoc/>
    public int? TokenToId(string token) => _vocabulary.IdOf(token);

    /// <inheritdoc/>
    public string? IdToToken(int id) => _vocabulary.TokenOf(id);

    private Token TokenAt(string text, int start, int end)
    {
        string name = text[start..end];
        int? id = IsSpecialName(name) ? null : TokenToId(name) ?? TokenToId(name.ToLowerInvariant());
        return id is { } known
            ? new Token(known, start, end)
            : throw new InputException($"{Quoted.Of(name)} at place {start} of {Quoted.Of(text)} is not in the vocabulary");
    }

    private bool IsSpecialName(string name) => TokenToId(name) is { } id && (id == Pad || id == Start || id == Stop);

    private static int EndOfLetter(string text, int at) =>
        at + (Rune.TryGetRuneAt(text, at, out Rune letter) ? letter.Utf16SequenceLength : 1);

    private static int EndOfName(string text, int at)
    {
        int space = text[at] == ' ' ? at + 1 : text.IndexOf(' ', at);
        return space < 0 ? text.Length : space;
    }
}
