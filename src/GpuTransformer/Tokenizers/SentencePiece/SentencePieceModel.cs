using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Models;

namespace GpuTransformer.Tokenizers.SentencePiece;

/// <summary>Cuts a text into pieces that cover it.</summary>
internal interface IPieceCutter
{
    /// <summary>Adds the pieces of a text; a stretch without a piece has the unknown piece's id.</summary>
    void Cut(ReadOnlySpan<char> text, List<ModelToken> pieces);
}

/// <summary>A model of SentencePiece: cuts text into pieces, and joins what is unknown or turns it into bytes.</summary>
internal sealed class SentencePieceModel(PieceInventory pieces, IPieceCutter cutter) : ITokenModel
{
    /// <inheritdoc/>
    public Vocabulary Vocabulary => pieces.Vocabulary;

    /// <summary>A model and its normalizer, as a file says.</summary>
    public static (SentencePieceModel Model, SentencePieceNormalizer Normalizer, SentencePieceDecoder Decoder) Of(
        SentencePieceSpec spec, string source)
    {
        var pieces = new PieceInventory(spec, source);
        IPieceCutter cutter = spec.Kind switch
        {
            SentencePieceKind.Unigram => new UnigramCutter(pieces, source),
            SentencePieceKind.Bpe => new ScoredMerges(pieces),
            SentencePieceKind.Word => new WordCutter(pieces),
            _ => new CharacterCutter(pieces),
        };
        return (
            new SentencePieceModel(pieces, cutter),
            new SentencePieceNormalizer(spec.Normalizer, pieces.UserDefined, $"{source}: normalizer_spec.precompiled_charsmap"),
            new SentencePieceDecoder(pieces, spec, $"{source}: denormalizer_spec.precompiled_charsmap"));
    }

    /// <inheritdoc/>
    public bool IsWrittenAsText(int id) => id == pieces.Unknown;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        var found = new List<ModelToken>();
        cutter.Cut(piece, found);
        bool afterUnknown = false;
        foreach (ModelToken token in found)
        {
            bool isUnknown = token.Id == pieces.Unknown;
            if (isUnknown && pieces.Bytes is { } bytes)
            {
                bytes.TryAdd(piece[token.Start..token.End], token.Start, token.End, tokens);
            }
            else if (isUnknown && afterUnknown)
            {
                tokens[^1] = tokens[^1] with { End = token.End };
            }
            else
            {
                tokens.Add(token);
            }
            afterUnknown = isUnknown;
        }
    }
}

/// <summary>SentencePiece's unigram model: sums in single precision, and user-defined pieces score so high that they are
/// always cut out.</summary>
internal sealed class UnigramCutter : IPieceCutter
{
    private const float UnknownPenalty = 10;
    private const double UserDefinedPenalty = 0.1;

    private readonly UnigramSearch _search;

    /// <summary>Takes the pieces.</summary>
    public UnigramCutter(PieceInventory pieces, string source)
    {
        float least = float.MaxValue;
        // SentencePiece begins with the smallest normal number here.
        float most = 1.17549435e-38f;
        int count = pieces.Vocabulary.IdLimit;
        for (int id = 0; id < count; id++)
        {
            if (pieces.TypeOf(id) == PieceType.Normal)
            {
                least = Math.Min(least, pieces.ScoreOf(id));
                most = Math.Max(most, pieces.ScoreOf(id));
            }
        }
        var scores = new double[count];
        var isUserDefined = new bool[count];
        var used = new List<KeyValuePair<string, int>>(pieces.InText.Count);
        foreach ((string text, int id) in pieces.InText)
        {
            isUserDefined[id] = pieces.TypeOf(id) == PieceType.UserDefined;
            scores[id] = isUserDefined[id]
                ? System.Text.Encoding.UTF8.GetByteCount(text) * most - UserDefinedPenalty
                : pieces.ScoreOf(id);
            if (pieces.TypeOf(id) != PieceType.Unused)
            {
                used.Add(new(text, id));
            }
        }
        if (used.Count == 0)
        {
            throw new InputException($"{source}: pieces: none of them is found in text");
        }
        _search = new UnigramSearch(new PieceTrie(used), scores, least - UnknownPenalty, pieces.Unknown)
        {
            SinglePrecision = true,
            RoundedLate = isUserDefined,
        };
    }

    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> text, List<ModelToken> pieces) => _search.TryCut(text, pieces);
}

/// <summary>A piece for each letter or user-defined piece.</summary>
internal sealed class CharacterCutter(PieceInventory pieces) : IPieceCutter
{
    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> text, List<ModelToken> found)
    {
        for (int at = 0; at < text.Length;)
        {
            int end = at + Letters.LengthAt(text[at..], pieces.UserDefined, out _);
            found.Add(new ModelToken(pieces.IdOf(text[at..end]), at, end));
            at = end;
        }
    }
}

/// <summary>A piece for each word: it begins where a space stands.</summary>
internal sealed class WordCutter(PieceInventory pieces) : IPieceCutter
{
    /// <inheritdoc/>
    public void Cut(ReadOnlySpan<char> text, List<ModelToken> found)
    {
        for (int start = 0; start < text.Length;)
        {
            int next = text[(start + 1)..].IndexOf('\u2581');
            int end = next < 0 ? text.Length : start + 1 + next;
            found.Add(new ModelToken(pieces.IdOf(text[start..end]), start, end));
            start = end;
        }
    }
}

/// <summary>The letters of a text, of which a user-defined piece is one.</summary>
internal static class Letters
{
    /// <summary>How many UTF-16 units the first one takes.</summary>
    public static int LengthAt(ReadOnlySpan<char> text, PieceTrie? userDefined, out bool isUserDefined)
    {
        int length = userDefined?.LongestMatch(text) ?? 0;
        isUserDefined = length > 0;
        return isUserDefined ? length : char.IsHighSurrogate(text[0]) && text.Length > 1 ? 2 : 1;
    }
}
