using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Turns the letters of the byte alphabet back into bytes and those into text. Bytes of a letter that is not
/// whole yet wait; bytes that cannot become one are U+FFFD.</summary>
internal sealed class ByteLevelDecoder : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding();

    private sealed class Decoding : IDecoding
    {
        private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();

        public string Push(string token) => Text(BytesOf(token), flush: false);

        public string End() => Text([], flush: true);

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
