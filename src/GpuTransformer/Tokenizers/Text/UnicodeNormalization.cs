using System.Runtime.InteropServices;
using System.Text;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>Unicode's normalization forms over text that keeps its offsets, from tables of its own: the platform's
/// <see cref="string.Normalize()"/> changes nothing in a program built with invariant globalization.</summary>
/// <remarks>Source: Unicode Standard Annex 15. Which letter takes over whose place in the original is as in Hugging
/// Face's tokenizers.</remarks>
internal static class UnicodeNormalization
{
    private const int LongestDecomposition = 18;

    /// <summary>Rewrites the text in the form.</summary>
    public static void Apply(NormalizedText text, UnicodeForm form)
    {
        bool composed = form is UnicodeForm.Nfc or UnicodeForm.Nfkc;
        if (Ascii.IsValid(text.Units) || UnicodeTables.Of(form) is var tables && IsSteady(tables, text.Units, composed))
        {
            return;
        }
        List<Letter> letters = Decompose(tables, text.Units);
        var changes = new LetterChanges(text.Length);
        if (composed)
        {
            Compose(tables, letters, changes);
        }
        else
        {
            foreach (Letter letter in letters)
            {
                changes.Add(new Rune(letter.Code), letter.Change);
            }
        }
        changes.Apply(text);
    }

    private static bool IsSteady(UnicodeTables tables, ReadOnlySpan<char> units, bool composed)
    {
        foreach (Rune letter in units.EnumerateRunes())
        {
            if (!tables.IsSteady(letter.Value, composed))
            {
                return false;
            }
        }
        return true;
    }

    private static List<Letter> Decompose(UnicodeTables tables, ReadOnlySpan<char> units)
    {
        var letters = new List<Letter>(units.Length + units.Length / 2);
        Span<int> parts = stackalloc int[LongestDecomposition];
        int firstMark = 0;
        foreach (Rune letter in units.EnumerateRunes())
        {
            int count = tables.Decompose(letter.Value, parts);
            for (int i = 0; i < count; i++)
            {
                byte combiningClass = tables.ClassOf(parts[i]);
                if (combiningClass == 0)
                {
                    SortMarks(letters, firstMark);
                    firstMark = letters.Count + 1;
                }
                // The first part stands for the old letter, the others are new.
                letters.Add(new Letter(parts[i], combiningClass, i == 0 ? 0 : 1));
            }
        }
        SortMarks(letters, firstMark);
        return letters;
    }

    // Marks sort by class, and marks of one class keep their order.
    private static void SortMarks(List<Letter> letters, int first)
    {
        Span<Letter> marks = CollectionsMarshal.AsSpan(letters)[first..];
        for (int i = 1; i < marks.Length; i++)
        {
            if (marks[i].Class < marks[i - 1].Class)
            {
                Letter[] sorted = [.. marks.ToArray().OrderBy(mark => mark.Class)];
                sorted.CopyTo(marks);
                return;
            }
        }
    }

    // A starter takes in each following letter that nothing between them blocks.
    private static void Compose(UnicodeTables tables, List<Letter> letters, LetterChanges changes)
    {
        var marks = new List<Letter>();
        Letter? starter = null;
        foreach (Letter letter in letters)
        {
            if (starter is not { } first)
            {
                if (letter.Class == 0)
                {
                    starter = letter;
                }
                else
                {
                    changes.Add(new Rune(letter.Code), letter.Change);
                }
                continue;
            }
            bool blocked = marks.Count > 0 && marks[^1].Class >= letter.Class;
            if (!blocked && tables.Compose(first.Code, letter.Code) is >= 0 and var whole)
            {
                starter = new Letter(whole, 0, first.Change + letter.Change - 1);
            }
            else if (letter.Class == 0)
            {
                Write(first, marks, changes);
                starter = letter;
            }
            else
            {
                marks.Add(letter);
            }
        }
        if (starter is { } last)
        {
            Write(last, marks, changes);
        }
    }

    private static void Write(Letter starter, List<Letter> marks, LetterChanges changes)
    {
        changes.Add(new Rune(starter.Code), starter.Change);
        foreach (Letter mark in marks)
        {
            changes.Add(new Rune(mark.Code), mark.Change);
        }
        marks.Clear();
    }

    private readonly record struct Letter(int Code, byte Class, int Change);
}
