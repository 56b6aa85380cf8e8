using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Decoders;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers;

/// <summary>A tokenizer made of the parts that Hugging Face's tokenizer.json names; its ids, offsets and texts equal those
/// of Hugging Face's tokenizers.</summary>
public sealed class Tokenizer : ITokenizer
{
    private readonly AddedTokens _added;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly ITokenModel _model;
    private readonly IPostProcessor _postProcessor;
    private readonly IDecoder _decoder;

    internal Tokenizer(
        AddedTokens added, IPreTokenizer? preTokenizer, ITokenModel model, IPostProcessor postProcessor, IDecoder? decoder)
    {
        _added = added;
        _preTokenizer = preTokenizer;
        _model = model;
        _postProcessor = postProcessor;
        _decoder = decoder ?? new SpaceDecoder();
    }

    /// <summary>How texts that are too long are cut; null: not at all.</summary>
    public TruncationOptions? Truncation { get; init; }

    /// <summary>How texts are filled up; null: not at all.</summary>
    public PaddingOptions? Padding { get; init; }

    /// <inheritdoc/>
    public int IdLimit => Math.Max(_model.Vocabulary.IdLimit, _added.IdLimit);

    /// <summary>Reads the tokenizer of a model folder: tokenizer.json, else vocab.txt as BERT uses it. An
    /// <see cref="InputException"/> names the part that is wrong or not supported.</summary>
    public static Tokenizer Load(string folder)
    {
        string json = Path.Combine(folder, TokenizerFile.FileName);
        string vocabulary = Path.Combine(folder, VocabularyFile.FileName);
        if (File.Exists(json))
        {
            return TokenizerFile.Load(json);
        }
        return File.Exists(vocabulary)
            ? VocabularyFile.Load(folder)
            : throw new InputException(
                $"{folder}: expected {TokenizerFile.FileName} or {VocabularyFile.FileName}, found neither");
    }

    /// <summary>The same tokenizer with other ways of cutting and filling up.</summary>
    public Tokenizer With(TruncationOptions? truncation, PaddingOptions? padding) =>
        new(_added, _preTokenizer, _model, _postProcessor, _decoder) { Truncation = truncation, Padding = padding };

    /// <inheritdoc/>
    public Tokenization Encode(string text, bool addSpecialTokens = true) =>
        Finish(Sequence(text), null, addSpecialTokens);

    /// <summary>The tokens of a pair of texts.</summary>
    public Tokenization Encode(string first, string second, bool addSpecialTokens = true) =>
        Finish(Sequence(first), Sequence(second), addSpecialTokens);

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

    private TokenList Sequence(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        PieceList pieces = _added.Cut(new NormalizedText(text));
        _preTokenizer?.Split(pieces);
        var tokens = new TokenList();
        var found = new List<ModelToken>();
        foreach (Piece piece in pieces.Pieces)
        {
            if (piece.TokenId is { } id)
            {
                (int start, int end) = piece.Text.OriginalRange(0, piece.Text.Length);
                tokens.Add(new Token(id, piece.Text.Units.ToString(), start, end));
                continue;
            }
            found.Clear();
            _model.Tokenize(piece.Text.Units, found);
            foreach (ModelToken token in found)
            {
                (int start, int end) = piece.Text.OriginalRange(token.Start, token.End);
                tokens.Add(new Token(token.Id, _model.Vocabulary.TokenOf(token.Id)!, start, end));
            }
        }
        return tokens;
    }

    private Tokenization Finish(TokenList first, TokenList? second, bool addSpecialTokens)
    {
        int added = addSpecialTokens ? _postProcessor.AddedTokens(second is not null) : 0;
        Truncation?.Apply(first, second, Truncation.MaxLength - added);
        TokenList tokens = _postProcessor.Process(first, second, addSpecialTokens);
        Padding?.Apply(tokens);
        return new Tokenization(tokens);
    }
}
