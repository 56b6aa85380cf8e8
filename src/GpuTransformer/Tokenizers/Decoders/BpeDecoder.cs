namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Joins tokens; the suffix that ends a word becomes a space, and in the last token nothing.</summary>
internal sealed class BpeDecoder(string suffix) : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(suffix);

    private sealed class Decoding(string suffix) : WholeTokenDecoding
    {
        // The last token from its first suffix on: whether that is a space depends on whether a token follows.
        private string? _waiting;

        public override void End(List<TokenPart> output) => Release("", output);

        protected override void Token(string token, List<TokenPart> output)
        {
            Release(" ", output);
            int certain = suffix.Length == 0 ? token.Length : token.IndexOf(suffix, StringComparison.Ordinal);
            if (certain < 0 || certain == token.Length)
            {
                output.Add(new TokenPart(token));
                return;
            }
            output.Add(new TokenPart(token[..certain], Ends: false));
            _waiting = token[certain..];
        }

        private void Release(string replacement, List<TokenPart> output)
        {
            if (_waiting is not null)
            {
                output.Add(new TokenPart(_waiting.Replace(suffix, replacement, StringComparison.Ordinal), Begins: false));
                _waiting = null;
            }
        }
    }
}
