using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PostProcessors;

/// <summary>Takes spaces out of byte-level tokens' offsets, if asked to, before <paramref name="then"/> joins the
/// sequences.</summary>
internal sealed class ByteLevelProcessing(bool trimOffsets, bool addPrefixSpace, IPostProcessor then) : IPostProcessor
{
    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => then.AddedTokens(isPair);

    /// <inheritdoc/>
    public TokenList Process(TokenList first, TokenList? second, bool addSpecialTokens)
    {
        if (trimOffsets)
        {
            Trim(first);
            if (second is not null)
            {
                Trim(second);
            }
        }
        return then.Process(first, second, addSpecialTokens);
    }

    private void Trim(TokenList list)
    {
        Span<Token> tokens = list.Tokens;
        for (int i = 0; i < tokens.Length; i++)
        {
            ref Token token = ref tokens[i];
            string text = list.TextOf(token);
            int leading = 0;
            while (leading < text.Length && IsSpace(text[leading]))
            {
                leading++;
            }
            int trailing = 0;
            while (trailing < text.Length && IsSpace(text[^(trailing + 1)]))
            {
                trailing++;
            }
            // The one space before the first word was added, not found: nothing to take out.
            if (addPrefixSpace && leading == 1 && (i == 0 || token.Start == 0))
            {
                leading = 0;
            }
            int start = Math.Min(token.Start + leading, token.End);
            int end = token.End >= trailing ? Math.Max(token.End - trailing, start) : token.End;
            token = token with { Start = start, End = end };
        }
    }

    private static bool IsSpace(char letter) => letter == ByteAlphabet.LetterOf((byte)' ').Value || char.IsWhiteSpace(letter);
}
