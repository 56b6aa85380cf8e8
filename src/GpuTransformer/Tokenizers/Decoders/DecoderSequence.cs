namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Decoders one after another: each takes the tokens that the one before gives.</summary>
internal sealed class DecoderSequence(IReadOnlyList<IDecoder> decoders) : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding([.. decoders.Select(decoder => decoder.Start())]);

    private sealed class Decoding(IDecoding[] steps) : IDecoding
    {
        private List<TokenPart> _from = [];
        private List<TokenPart> _to = [];

        public void Push(in TokenPart part, List<TokenPart> output)
        {
            _from.Clear();
            _from.Add(part);
            Run(0, output);
        }

        public void End(List<TokenPart> output)
        {
            // What the first holds back goes through the others, then what the second holds back, and so on.
            for (int i = 0; i < steps.Length; i++)
            {
                _from.Clear();
                steps[i].End(_from);
                Run(i + 1, output);
            }
        }

        private void Run(int first, List<TokenPart> output)
        {
            for (int i = first; i < steps.Length; i++)
            {
                _to.Clear();
                foreach (TokenPart part in _from)
                {
                    steps[i].Push(part, _to);
                }
                (_from, _to) = (_to, _from);
            }
            output.AddRange(_from);
        }
    }
}
