namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Replaces a text in each token by another.</summary>
internal sealed class ReplaceDecoder(string pattern, string content) : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(pattern, content);

    private sealed class Decoding(string pattern, string content) : WholeTokenDecoding
    {
        protected override void Token(string token, List<TokenPart> output) =>
            output.Add(new TokenPart(token.Replace(pattern, content, StringComparison.Ordinal)));
    }
}
