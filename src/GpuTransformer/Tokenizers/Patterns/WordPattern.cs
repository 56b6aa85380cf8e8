using GpuTransformer.Tokenizers.PreTokenizers;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>The pattern of GPT-4's tokenizer and those made after it (Llama 3, Qwen 2) as a matcher of its own: one
/// forward pass. They differ in how many digits stand together.</summary>
internal sealed class WordPattern : TextPattern
{
    private const string BeforeDigits = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string AfterDigits = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The pattern with one digit a match.</summary>
    public const string OneDigit = BeforeDigits + @"\p{N}" + AfterDigits;

    /// <summary>The pattern with up to three digits a match.</summary>
    public const string ThreeDigits = BeforeDigits + @"\p{N}{1,3}" + AfterDigits;

    private readonly int _mostDigits;

    private WordPattern(int mostDigits) => _mostDigits = mostDigits;

    /// <summary>The matcher of a pattern that is written in the way of these; null when it is another.</summary>
    public static WordPattern? Of(string pattern) => pattern switch
    {
        OneDigit => new WordPattern(1),
        ThreeDigits => new WordPattern(3),
        BeforeDigits + @"\p{N}+" + AfterDigits => new WordPattern(int.MaxValue),
        _ => null,
    };

    /// <inheritdoc/>
    public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = EndOfMatch(text, start);
            matches.Add((start, end));
            start = end;
        }
    }

    private int EndOfMatch(ReadOnlySpan<char> text, int at)
    {
        char first = text[at];
        if (first == '\'' && Contraction(text[(at + 1)..]) is > 0 and var letters)
        {
            return at + 1 + letters;
        }
        LetterKind kind = LetterKinds.At(text, at, out int length);
        int after = at + length;
        if (kind == LetterKind.Letter)
        {
            return LetterKinds.EndOfRun(text, after, LetterKind.Letter);
        }
        if (kind == LetterKind.Number)
        {
            return EndOfDigits(text, after);
        }
        LetterKind next = after < text.Length ? LetterKinds.At(text, after, out _) : LetterKind.Space;
        if (next == LetterKind.Letter && first is not ('\r' or '\n'))
        {
            return LetterKinds.EndOfRun(text, after, LetterKind.Letter);
        }
        if (kind == LetterKind.Other || (first == ' ' && next == LetterKind.Other))
        {
            int end = LetterKinds.EndOfRun(text, after, LetterKind.Other);
            while (end < text.Length && text[end] is ('\r' or '\n'))
            {
                end++;
            }
            return end;
        }
        return EndOfSpace(text, at);
    }

    private int EndOfDigits(ReadOnlySpan<char> text, int end)
    {
        for (int count = 1; count < _mostDigits && end < text.Length; count++)
        {
            if (LetterKinds.At(text, end, out int length) != LetterKind.Number)
            {
                break;
            }
            end += length;
        }
        return end;
    }

    // White space up to its last line end; without one, all but the last letter when a word follows.
    private static int EndOfSpace(ReadOnlySpan<char> text, int at)
    {
        int end = LetterKinds.EndOfRun(text, at + 1, LetterKind.Space);
        int line = text[at..end].LastIndexOfAny('\r', '\n');
        return line >= 0 ? at + line + 1 : at + Gpt2Pattern.SpaceLength(text[at..]);
    }

    // In any case; the long s is a small s.
    private static int Contraction(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return 0;
        }
        char second = text.Length > 1 ? (char)(text[1] | 0x20) : '\0';
        return text[0] switch
        {
            's' or 'S' or '\u017F' or 't' or 'T' or 'm' or 'M' or 'd' or 'D' => 1,
            'r' or 'R' or 'v' or 'V' => second == 'e' ? 2 : 0,
            'l' or 'L' => second == 'l' ? 2 : 0,
            _ => 0,
        };
    }
}
