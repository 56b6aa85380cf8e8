using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>What the patterns of byte-level tokenizers tell apart: \p{L}, \p{N}, \s and the rest.</summary>
internal enum LetterKind : byte
{
    /// <summary>\p{L}.</summary>
    Letter,

    /// <summary>\p{N}.</summary>
    Number,

    /// <summary>\s.</summary>
    Space,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>Kinds of letters by code point: a letter outside the Basic Multilingual Plane is one, not two.</summary>
internal static class LetterKinds
{
    private static readonly LetterKind[] Ascii = [.. Enumerable.Range(0, 128).Select(code => OfRune(new Rune(code)))];

    /// <summary>The kind of the letter that begins at a place, and its length in UTF-16 units.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LetterKind At(ReadOnlySpan<char> text, int at, out int length)
    {
        char unit = text[at];
        if (unit < 128)
        {
            length = 1;
            return Ascii[unit];
        }
        return Other(text, at, out length);
    }

    /// <summary>Where a run of letters of one kind ends that goes on at <paramref name="end"/>.</summary>
    public static int EndOfRun(ReadOnlySpan<char> text, int end, LetterKind kind)
    {
        while (end < text.Length && At(text, end, out int length) == kind)
        {
            end += length;
        }
        return end;
    }

    private static LetterKind Other(ReadOnlySpan<char> text, int at, out int length)
    {
        _ = Rune.DecodeFromUtf16(text[at..], out Rune letter, out length);
        return OfRune(letter);
    }

    private static LetterKind OfRune(Rune letter) => Rune.IsWhiteSpace(letter)
        ? LetterKind.Space
        : Rune.GetUnicodeCategory(letter) switch
        {
            <= UnicodeCategory.OtherLetter => LetterKind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => LetterKind.Number,
            _ => LetterKind.Other,
        };
}
