namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Joins all tokens into one.</summary>
internal sealed class FuseDecoder : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding();

    private sealed class Decoding : IDecoding
    {
        private bool _begun;

        public void Push(in TokenPart part, List<TokenPart> output)
        {
            output.Add(new TokenPart(part.Text, Begins: !_begun, Ends: false));
            _begun = true;
        }

        public void End(List<TokenPart> output) => output.Add(new TokenPart("", Begins: !_begun));
    }
}
