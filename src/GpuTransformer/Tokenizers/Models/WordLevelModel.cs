using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>A token a word: each piece is a word of the vocabulary or unknown as a whole.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknownToken, string source) : ITokenModel
{
    private readonly int? _unknown = vocabulary.IdOf(unknownToken);

    /// <inheritdoc/>
    public Vocabulary Vocabulary => vocabulary;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        int id = vocabulary.TryId(piece, out int known) ? known : _unknown ?? throw new InputException(
            $"{source}: the word {Quoted.Of(piece.ToString())} is unknown and unk_token {Quoted.Of(unknownToken)} is not in the vocabulary");
        tokens.Add(new ModelToken(id, 0, piece.Length));
    }
}
