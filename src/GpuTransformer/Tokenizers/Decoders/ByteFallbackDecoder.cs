using System.Text;
using System.Text.Unicode;
using GpuTransformer.Tokenizers.Models;

namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Turns runs of byte tokens such as &lt;0x61&gt; into text. A run that is not UTF-8 as a whole becomes U+FFFD for
/// each of its bytes, so that nothing of a run is certain before it ends.</summary>
internal sealed class ByteFallbackDecoder : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding();

    private sealed class Decoding : WholeTokenDecoding
    {
        private readonly List<byte> _run = [];

        public override void End(List<TokenPart> output)
        {
            if (_run.Count == 0)
            {
                return;
            }
            byte[] bytes = [.. _run];
            _run.Clear();
            if (Utf8.IsValid(bytes))
            {
                output.Add(new TokenPart(Encoding.UTF8.GetString(bytes)));
                return;
            }
            output.AddRange(Enumerable.Repeat(new TokenPart("\uFFFD"), bytes.Length));
        }

        protected override void Token(string token, List<TokenPart> output)
        {
            int value = ByteTokens.ByteOf(token);
            if (value >= 0)
            {
                _run.Add((byte)value);
                return;
            }
            End(output);
            output.Add(new TokenPart(token));
        }
    }
}
