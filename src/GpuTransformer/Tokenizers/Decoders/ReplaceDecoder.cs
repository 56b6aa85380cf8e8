using System.Text;
using GpuTransformer.Tokenizers.Patterns;

namespace GpuTransformer.Tokenizers.Decoders;

/// <summary>Replaces every match of a pattern in each token by a text.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : IDecoder
{
    /// <inheritdoc/>
    public IDecoding Start() => new Decoding(pattern, content);

    private sealed class Decoding(TextPattern pattern, string content) : WholeTokenDecoding
    {
        private readonly List<(int Start, int End)> _matches = [];

        protected override void Token(string token, List<TokenPart> output)
        {
            _matches.Clear();
            pattern.FindAll(token, _matches);
            if (_matches.Count == 0)
            {
                output.Add(new TokenPart(token));
                return;
            }
            var text = new StringBuilder();
            int done = 0;
            foreach ((int start, int end) in _matches)
            {
                text.Append(token, done, start - done).Append(content);
                done = end;
            }
            output.Add(new TokenPart(text.Append(token, done, token.Length - done).ToString()));
        }
    }
}
