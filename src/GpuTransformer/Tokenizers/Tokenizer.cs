using System.Runtime.InteropServices;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Decoders;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers;

/// <summary>A tokenizer made of the parts that Hugging Face's tokenizer.json names; its ids, offsets and texts equal those
/// of Hugging Face's tokenizers.</summary>
public sealed partial class Tokenizer : ITokenizer
{
    private readonly AddedTokens _added;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly ITokenModel _model;
    private readonly IPostProcessor _postProcessor;
    private readonly IDecoder _decoder;
    private readonly WordCache _cache;

    internal Tokenizer(
        AddedTokens added, IPreTokenizer? preTokenizer, ITokenModel model, IPostProcessor postProcessor, IDecoder? decoder,
        WordCache? cache = null)
    {
        _cache = cache ?? new WordCache();
        _added = added;
        _preTokenizer = preTokenizer;
        _model = model;
        _postProcessor = postProcessor;
        _decoder = decoder ?? new SpaceDecoder();
    }

    /// <summary>How texts that are too long are cut; null: not at all. What the file stores acts only when it is set here,
    /// as in Hugging Face's transformers.</summary>
    public TruncationOptions? Truncation { get; init; }

    /// <summary>How texts are filled up; null: not at all.</summary>
    public PaddingOptions? Padding { get; init; }

    /// <summary>The truncation that the tokenizer's file stores, or null.</summary>
    public TruncationOptions? StoredTruncation { get; init; }

    /// <summary>The padding that the tokenizer's file stores, or null.</summary>
    public PaddingOptions? StoredPadding { get; init; }

    /// <inheritdoc/>
    public int IdLimit => Math.Max(_model.Vocabulary.IdLimit, _added.IdLimit);

    /// <summary>Reads the tokenizer of a model folder: tokenizer.json, else a SentencePiece model, else source.spm and
    /// target.spm as Marian uses them, else vocab.json with merges.txt, else vocab.txt as BERT uses it, else that of a GGUF
    /// file, which may also be named itself. An <see cref="InputException"/> names the part that is wrong or not
    /// supported.</summary>
    public static Tokenizer Load(string folder) => TokenizerFolder.Load(folder);

    /// <summary>The same tokenizer with other ways of cutting and filling up.</summary>
    public Tokenizer With(TruncationOptions? truncation, PaddingOptions? padding) =>
        new(_added, _preTokenizer, _model, _postProcessor, _decoder, _cache)
        {
            Truncation = truncation,
            Padding = padding,
            StoredTruncation = StoredTruncation,
            StoredPadding = StoredPadding,
        };

    /// <inheritdoc/>
    public Tokenization Encode(string text, bool addSpecialTokens = true) =>
        Finish(text, null, null, addSpecialTokens);

    /// <summary>The tokens of a pair of texts.</summary>
    public Tokenization Encode(string first, string second, bool addSpecialTokens = true) =>
        Finish(first, second, null, addSpecialTokens);

    /// <summary>The tokens of a text, or of a pair when <paramref name="second"/> is not null.</summary>
    public Tokenization Encode(string text, EncodeOptions options, string? second = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Finish(text, second, options.AllowSpecial ? null : SpecialScope.Nowhere, options.AddSpecialTokens);
    }

    /// <summary>The tokens of a text that is made of trusted and other spans, as if it were one, except that no special
    /// token begins in a span that is not trusted or reaches from one span into the next. Offsets count from the start
    /// of the first span.</summary>
    public Tokenization EncodeSpans(IReadOnlyList<TextSpan> spans, bool addSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(spans);
        return Finish(string.Concat(spans.Select(span => span.Text)), null, SpecialScope.Of(spans), addSpecialTokens);
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) =>
        StartDecoding(skipSpecialTokens).All(ids);

    /// <inheritdoc/>
    public StreamingDecoder StartDecoding(bool skipSpecialTokens = true) => new(
        _decoder.Start(),
        id => IdToToken(id) is { } token && !(skipSpecialTokens && _added.IsSpecial(token)) ? token : null);

    /// <inheritdoc/>
    public int? TokenToId(string token) => _added.IdOf(token) ?? _model.Vocabulary.IdOf(token);

    /// <inheritdoc/>
    public string? IdToToken(int id) => _added.TextOf(id) ?? _model.Vocabulary.TokenOf(id);

    private TokenList Sequence(string text, SpecialScope? scope, TokenList tokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        PieceList pieces = _added.Cut(new NormalizedText(text), scope);
        _preTokenizer?.Split(pieces);
        tokens.Expect(Math.Min(pieces.Pieces.Count, text.Length) * 5 / 4);
        var scratch = new List<ModelToken>();
        foreach (Piece piece in pieces.Pieces)
        {
            if (piece.TokenId is { } id)
            {
                (int start, int end) = piece.OriginalRange;
                tokens.Add(new Token(id, start, end), piece.Letters);
                continue;
            }
            ReadOnlySpan<ModelToken> found = _cache.Tokenize(_model, piece.Letters, scratch);
            if (scope is not null)
            {
                found = WithoutSpecial(piece.Text.Slice(piece.Start, piece.End), found, scope);
            }
            foreach (ModelToken token in found)
            {
                (int start, int end) = piece.Text.OriginalRange(piece.Start + token.Start, piece.Start + token.End);
                if (_model.IsWrittenAsText(token.Id))
                {
                    tokens.Add(new Token(token.Id, start, end), piece.Letters[token.Start..token.End]);
                }
                else
                {
                    tokens.Add(new Token(token.Id, start, end));
                }
            }
        }
        pieces.Return();
        return tokens;
    }

    // A model may know special tokens as words of its vocabulary. Where data spells one out, its first letter is cut off
    // and both parts are read again, so that the token cannot arise.
    private ReadOnlySpan<ModelToken> WithoutSpecial(
        NormalizedText text, ReadOnlySpan<ModelToken> found, SpecialScope scope)
    {
        bool any = false;
        foreach (ModelToken token in found)
        {
            any |= IsForbidden(text, token, scope);
        }
        if (!any)
        {
            return found;
        }
        var kept = new List<ModelToken>(found.Length);
        var waiting = new Stack<ModelToken>();
        var parts = new List<ModelToken>();
        for (int i = found.Length - 1; i >= 0; i--)
        {
            waiting.Push(found[i]);
        }
        while (waiting.TryPop(out ModelToken token))
        {
            if (!IsForbidden(text, token, scope))
            {
                kept.Add(token);
                continue;
            }
            parts.Clear();
            int first = token.Start + (char.IsHighSurrogate(text.Units[token.Start]) ? 2 : 1);
            if (first < token.End)
            {
                TokenizePart(text, token.Start, first, parts);
                TokenizePart(text, first, token.End, parts);
            }
            // A special token of one letter has no parts: it is left out.
            for (int i = parts.Count - 1; i >= 0; i--)
            {
                waiting.Push(parts[i]);
            }
        }
        return CollectionsMarshal.AsSpan(kept);
    }

    private void TokenizePart(NormalizedText text, int start, int end, List<ModelToken> parts)
    {
        int before = parts.Count;
        _model.Tokenize(text.Units[start..end], parts);
        for (int i = before; i < parts.Count; i++)
        {
            parts[i] = parts[i] with { Start = parts[i].Start + start, End = parts[i].End + start };
        }
    }

    private bool IsForbidden(NormalizedText text, ModelToken token, SpecialScope scope) =>
        _added.IsSpecial(token.Id, text.Units[token.Start..token.End])
        && !IsTrusted(scope, text.OriginalRange(token.Start, token.End));

    private static bool IsTrusted(SpecialScope scope, (int Start, int End) range) =>
        scope.IsTrusted(range.Start) && range.End <= scope.EndOfSpan(range.Start);

    private Tokenization Finish(string first, string? second, SpecialScope? scope, bool addSpecialTokens)
    {
        TokenList tokens = Unpadded(first, second, scope, addSpecialTokens);
        Padding?.Apply(tokens, tokens.Count);
        return new Tokenization(tokens, first, second);
    }

    private TokenList Unpadded(string first, string? second, SpecialScope? scope, bool addSpecialTokens)
    {
        (TokenList ofFirst, TokenList? ofSecond) = Sequences(first, second, scope);
        Truncation?.Apply(ofFirst, ofSecond, Room(second is not null, addSpecialTokens));
        return _postProcessor.Process(ofFirst, ofSecond, addSpecialTokens);
    }

    private (TokenList First, TokenList? Second) Sequences(string first, string? second, SpecialScope? scope)
    {
        TokenList ofFirst = Sequence(first, scope, new TokenList(IdToToken));
        TokenList? ofSecond = second is null ? null : Sequence(second, scope, ofFirst.New());
        ofSecond?.SetSequence(1);
        return (ofFirst, ofSecond);
    }

    private int Room(bool isPair, bool addSpecialTokens) =>
        Truncation!.MaxLength - (addSpecialTokens ? _postProcessor.AddedTokens(isPair) : 0);
}
