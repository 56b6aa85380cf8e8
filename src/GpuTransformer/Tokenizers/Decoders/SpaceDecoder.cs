namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>What a tokenizer without a decoder does: tokens with something between them, a space unless said
/// otherwise.</summary>
internal sealed class SpaceDecoder(string separator = " ") : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(separator);

    private sealed class Decoding(string separator) : WholeTokenDecoding
    {
        private bool _begun;

        protected override void Token(string token, List<TokenPart> output)
        {
            output.Add(new TokenPart(_begun ? separator + token : token));
            _begun = true;
        }
    }
}
