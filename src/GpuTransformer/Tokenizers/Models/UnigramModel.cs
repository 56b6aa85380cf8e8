using GpuTransformer.Kernels;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>Unigram as Hugging Face's tokenizers do it: unknown letters next to each other are one token, or their
/// bytes.</summary>
internal sealed class UnigramModel : ITokenModel
{
    private const double UnknownPenalty = 10;

    private readonly UnigramSearch _search;
    private readonly int _unknown;
    private readonly ByteTokens? _bytes;
    private readonly string _source;

    /// <summary>Takes tokens, a score for each id, and the id of what is unknown, if there is one.</summary>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int? unknown, bool byteFallback, string source)
    {
        Vocabulary = vocabulary;
        _unknown = unknown ?? -1;
        _search = new UnigramSearch(
            new PieceTrie(vocabulary.Ids), scores, scores.DefaultIfEmpty().Min() - UnknownPenalty, _unknown);
        _bytes = byteFallback ? new ByteTokens(vocabulary) : null;
        _source = source;
    }

    /// <inheritdoc/>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public bool IsWrittenAsText(int id) => id == _unknown;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        int first = tokens.Count;
        if (!_search.TryCut(piece, tokens))
        {
            throw new InputException(
                $"{_source}: unk_id: the text has a letter that is no token, and there is no unknown token");
        }
        for (int i = first; i < tokens.Count; i++)
        {
            if (tokens[i].Id == _unknown)
            {
                ModelToken[] found = [.. tokens[i..]];
                tokens.RemoveRange(i, tokens.Count - i);
                JoinUnknown(piece, found, tokens);
                return;
            }
        }
    }

    private void JoinUnknown(ReadOnlySpan<char> piece, ReadOnlySpan<ModelToken> found, List<ModelToken> tokens)
    {
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i].Id != _unknown)
            {
                tokens.Add(found[i]);
                continue;
            }
            int start = found[i].Start;
            while (i + 1 < found.Length && found[i + 1].Id == _unknown)
            {
                i++;
            }
            AddUnknown(piece[start..found[i].End], start, found[i].End, tokens);
        }
    }

    // Letters that are unknown one by one may still be a token that scores worse.
    private void AddUnknown(ReadOnlySpan<char> letters, int start, int end, List<ModelToken> tokens)
    {
        if (Vocabulary.TryId(letters, out int id))
        {
            tokens.Add(new ModelToken(id, start, end));
        }
        else if (_bytes is null || !_bytes.TryAdd(letters, start, end, tokens))
        {
            tokens.Add(new ModelToken(_unknown, start, end));
        }
    }
}
