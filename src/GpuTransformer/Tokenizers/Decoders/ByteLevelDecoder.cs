using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Turns the letters of the byte alphabet back into bytes and those into text, as one token. Bytes of a letter
/// that is not whole yet wait; bytes that cannot become one are U+FFFD.</summary>
internal sealed class ByteLevelDecoder : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding();

    private sealed class Decoding : WholeTokenDecoding
    {
        private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
        private bool _begun;

        public override void End(List<TokenPart> output) =>
            output.Add(new TokenPart(Text([], flush: true), Begins: !_begun));

        protected override void Token(string token, List<TokenPart> output)
        {
            string text = Text(BytesOf(token), flush: false);
            if (text.Length > 0)
            {
                output.Add(new TokenPart(text, Begins: !_begun, Ends: false));
                _begun = true;
            }
        }

        private string Text(ReadOnlySpan<byte> bytes, bool flush)
        {
            var letters = new char[_utf8.GetCharCount(bytes, flush)];
            int count = _utf8.GetChars(bytes, letters, flush);
            return new string(letters, 0, count);
        }

        // A token with a letter outside the alphabet is an added one: it stands for itself.
        private static byte[] BytesOf(string token)
        {
            var bytes = new byte[token.Length];
            for (int i = 0; i < bytes.Length; i++)
            {
                if (!ByteAlphabet.TryByteOf(token[i], out bytes[i]))
                {
                    return Encoding.UTF8.GetBytes(token);
                }
            }
            return bytes;
        }
    }
}
