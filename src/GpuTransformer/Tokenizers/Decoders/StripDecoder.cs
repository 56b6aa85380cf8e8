using System.Text;

namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Takes a letter off the start and the end of each token, so many times at most.</summary>
internal sealed class StripDecoder(Rune letter, int start, int stop) : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(letter.ToString(), start, stop);

    private sealed class Decoding(string letter, int start, int stop) : IDecoding
    {
        private int _leftAtStart;
        private int _held;

        public void Push(in TokenPart part, List<TokenPart> output)
        {
            if (part.Begins)
            {
                _leftAtStart = start;
                _held = 0;
            }
            ReadOnlySpan<char> text = part.Text;
            for (; _leftAtStart > 0 && text.StartsWith(letter); _leftAtStart--)
            {
                text = text[letter.Length..];
            }
            _leftAtStart = text.IsEmpty ? _leftAtStart : 0;
            output.Add(part with { Text = HoldBack(text) });
        }

        public void End(List<TokenPart> output)
        {
        }

        // The last letters of a token are known to be the last only when it ends: until then they wait.
        private string HoldBack(ReadOnlySpan<char> text)
        {
            int held = 0;
            for (; held < stop && text.EndsWith(letter); held++)
            {
                text = text[..^letter.Length];
            }
            if (text.Length > 0)
            {
                string certain = Waiting(_held) + text.ToString();
                _held = held;
                return certain;
            }
            int all = _held + held;
            _held = Math.Min(all, stop);
            return Waiting(all - _held);
        }

        private string Waiting(int count) => string.Concat(Enumerable.Repeat(letter, count));
    }
}
