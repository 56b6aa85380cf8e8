namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>The labels of connectionist temporal classification as text: repetitions count once, padding is nothing, and
/// with <paramref name="cleanup"/> the word delimiter is a space.</summary>
internal sealed class CtcDecoder(string padToken, string wordDelimiter, bool cleanup) : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(padToken, wordDelimiter, cleanup);

    private sealed class Decoding(string padToken, string wordDelimiter, bool cleanup) : WholeTokenDecoding
    {
        private string? _previous;

        protected override void Token(string token, List<TokenPart> output)
        {
            if (token == _previous)
            {
                return;
            }
            _previous = token;
            string text = padToken.Length == 0 ? token : token.Replace(padToken, "", StringComparison.Ordinal);
            if (cleanup)
            {
                text = EnglishCleanup.Apply(text);
                text = wordDelimiter.Length == 0 ? text : text.Replace(wordDelimiter, " ", StringComparison.Ordinal);
            }
            if (text.Length > 0)
            {
                output.Add(new TokenPart(text));
            }
        }
    }
}
