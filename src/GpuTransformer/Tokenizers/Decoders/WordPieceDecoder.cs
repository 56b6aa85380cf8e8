namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Joins words with spaces and continuations without; closes the gaps before English punctuation if asked to.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(prefix, cleanup);

    private sealed class Decoding(string prefix, bool cleanup) : WholeTokenDecoding
    {
        private bool _begun;

        protected override void Token(string token, List<TokenPart> output)
        {
            string text = !_begun ? token
                : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..]
                : " " + token;
            _begun = true;
            output.Add(new TokenPart(cleanup ? EnglishCleanup.Apply(text) : text));
        }
    }
}
