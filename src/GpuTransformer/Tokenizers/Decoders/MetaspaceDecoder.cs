using System.Text;

namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Writes the replacement as a space again; in the first token it is left out, where one was put in front.</summary>
internal sealed class MetaspaceDecoder(Rune replacement, bool wasPrepended) : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(replacement.ToString(), wasPrepended);

    private sealed class Decoding(string replacement, bool wasPrepended) : IDecoding
    {
        private bool _inFirst = wasPrepended;

        public void Push(in TokenPart part, List<TokenPart> output)
        {
            output.Add(part with { Text = part.Text.Replace(replacement, _inFirst ? "" : " ", StringComparison.Ordinal) });
            _inFirst &= !part.Ends;
        }

        public void End(List<TokenPart> output)
        {
        }
    }
}
