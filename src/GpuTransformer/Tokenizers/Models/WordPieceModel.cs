using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>WordPiece: the longest known start of a word, then the longest known continuation, and so on; a word with a
/// part that is unknown, or one that is too long, is unknown as a whole.</summary>
internal sealed class WordPieceModel : ITokenModel
{
    private readonly PrefixSearch _search;
    private readonly PrefixSearch.Cursor? _continuation;
    private readonly int _unknown;
    private readonly int _longestWord;

    /// <summary>Checks that the unknown token exists.</summary>
    public WordPieceModel(Vocabulary vocabulary, string unknownToken, string prefix, int longestWord, string source)
    {
        Vocabulary = vocabulary;
        _unknown = vocabulary.IdOf(unknownToken) ?? throw new InputException(
            $"{source}: unk_token: {Quoted.Of(unknownToken)} is not in the vocabulary");
        _search = new PrefixSearch(vocabulary.Tokens);
        _longestWord = longestWord;
        PrefixSearch.Cursor cursor = _search.Begin();
        bool found = true;
        foreach (char letter in prefix)
        {
            found = found && cursor.Read(letter);
        }
        _continuation = found ? cursor : null;
        PrefixLength = prefix.Length;
        Prefix = prefix;
    }

    /// <inheritdoc/>
    public Vocabulary Vocabulary { get; }

    private int PrefixLength { get; }

    private string Prefix { get; }

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        int first = tokens.Count;
        int start = LetterCount(piece) > _longestWord ? -1 : 0;
        while (start >= 0 && start < piece.Length)
        {
            int length = start == 0 ? _search.LongestMatch(piece)
                : _continuation is { } cursor ? PrefixSearch.LongestMatch(piece[start..], cursor) : 0;
            if (length > 0)
            {
                tokens.Add(new ModelToken(IdOf(piece.Slice(start, length), start > 0), start, start + length));
            }
            start = length > 0 ? start + length : -1;
        }
        if (start < 0)
        {
            tokens.RemoveRange(first, tokens.Count - first);
            tokens.Add(new ModelToken(_unknown, 0, piece.Length));
        }
    }

    private int IdOf(ReadOnlySpan<char> letters, bool continues)
    {
        int id;
        if (!continues)
        {
            _ = Vocabulary.TryId(letters, out id);
            return id;
        }
        int length = PrefixLength + letters.Length;
        Span<char> token = length <= 256 ? stackalloc char[length] : new char[length];
        Prefix.CopyTo(token);
        letters.CopyTo(token[PrefixLength..]);
        _ = Vocabulary.TryId(token, out id);
        return id;
    }

    private static int LetterCount(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        foreach (char unit in text)
        {
            count -= char.IsLowSurrogate(unit) ? 1 : 0;
        }
        return count;
    }
}
