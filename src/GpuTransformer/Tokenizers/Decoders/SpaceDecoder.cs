namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>What a tokenizer without a decoder does: tokens with something between them, a space unless said
/// otherwise.</summary>
internal sealed class SpaceDecoder(string separator = " ") : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(separator);

    private sealed class Decoding(string separator) : IDecoding
    {
        private bool _begun;

        public string Push(string token)
        {
            string text = _begun ? separator + token : token;
            _begun = true;
            return text;
        }

        public string End() => "";
    }
}
