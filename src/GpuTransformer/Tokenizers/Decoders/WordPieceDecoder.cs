namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Joins words with spaces and continuations without; closes the gaps before English punctuation if asked to.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(prefix, cleanup);

    /// <summary>The clean-up of Hugging Face's WordPiece decoder, which works on each token with its space.</summary>
    private static string CleanUp(string text) => text
        .Replace(" .", ".", StringComparison.Ordinal)
        .Replace(" ?", "?", StringComparison.Ordinal)
        .Replace(" !", "!", StringComparison.Ordinal)
        .Replace(" ,", ",", StringComparison.Ordinal)
        .Replace(" ' ", "'", StringComparison.Ordinal)
        .Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal)
        .Replace(" do not", " don't", StringComparison.Ordinal)
        .Replace(" 's", "'s", StringComparison.Ordinal)
        .Replace(" 've", "'ve", StringComparison.Ordinal)
        .Replace(" 're", "'re", StringComparison.Ordinal);

    private sealed class Decoding(string prefix, bool cleanup) : IDecoding
    {
        private bool _begun;

        public string Push(string token)
        {
            string text = !_begun ? token
                : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..]
                : " " + token;
            _begun = true;
            return cleanup ? CleanUp(text) : text;
        }

        public string End() => "";
    }
}
