using System.Globalization;
using System.Text;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>Unicode's canonical decomposition (NFD), from a table of its own: the platform's
/// <see cref="string.Normalize()"/> changes nothing in a program built with invariant globalization.</summary>
/// <remarks>Source: Unicode Standard Annex 15; Hangul by section 3.12 of the standard.</remarks>
internal static class CanonicalDecomposition
{
    private const int HangulFirst = 0xAC00;
    private const int HangulCount = 11172;
    private const int FirstL = 0x1100;
    private const int FirstV = 0x1161;
    private const int FirstT = 0x11A7;
    private const int CountT = 28;
    private const int CountVT = 21 * CountT;

    private static readonly Lazy<Tables> Loaded = new(Load);

    /// <summary>Rewrites the text in canonical decomposition.</summary>
    public static void Apply(NormalizedText text)
    {
        if (Ascii.IsValid(text.Units))
        {
            return;
        }
        Tables tables = Loaded.Value;
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        var parts = new List<Part>();
        var marks = new List<Part>();
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            parts.Clear();
            Decompose(tables, letter.Value, parts);
            foreach (Part part in parts)
            {
                if (part.Class == 0)
                {
                    Flush(marks, ref rewrite);
                    Write(part, ref rewrite);
                }
                else
                {
                    marks.Add(part);
                }
            }
        }
        Flush(marks, ref rewrite);
        rewrite.Commit();
    }

    // Marks sort by class, and marks of one class keep their order; OrderBy is stable.
    private static void Flush(List<Part> marks, ref NormalizedText.Rewrite rewrite)
    {
        if (marks.Count == 1)
        {
            Write(marks[0], ref rewrite);
        }
        else if (marks.Count > 1)
        {
            foreach (Part mark in marks.OrderBy(mark => mark.Class))
            {
                Write(mark, ref rewrite);
            }
        }
        marks.Clear();
    }

    private static void Write(Part part, ref NormalizedText.Rewrite rewrite)
    {
        if (part.IsNew)
        {
            rewrite.Insert(new Rune(part.Code));
        }
        else
        {
            rewrite.Replace(new Rune(part.Code));
        }
    }

    // The first part stands for the old letter, the others are new.
    private static void Decompose(Tables tables, int code, List<Part> parts)
    {
        if (code - HangulFirst is >= 0 and < HangulCount)
        {
            int index = code - HangulFirst;
            parts.Add(new Part(FirstL + index / CountVT, 0, IsNew: false));
            parts.Add(new Part(FirstV + index % CountVT / CountT, 0, IsNew: true));
            if (index % CountT != 0)
            {
                parts.Add(new Part(FirstT + index % CountT, 0, IsNew: true));
            }
        }
        else if (tables.Full.TryGetValue(code, out int[]? all))
        {
            foreach (int part in all)
            {
                parts.Add(new Part(part, tables.Classes.GetValueOrDefault(part), IsNew: parts.Count > 0));
            }
        }
        else
        {
            parts.Add(new Part(code, tables.Classes.GetValueOrDefault(code), IsNew: false));
        }
    }

    private static Tables Load()
    {
        var steps = new Dictionary<int, int[]>();
        var classes = new Dictionary<int, byte>();
        foreach (string entry in TextTable.Entries("CanonicalDecomposition.txt"))
        {
            if (entry.Split('=') is [string from, string to])
            {
                steps.Add(Hex(from), [.. to.Split('+').Select(Hex)]);
            }
            else
            {
                string[] parts = entry.Split(':', '-');
                for (int code = Hex(parts[0]); code <= Hex(parts[^2]); code++)
                {
                    classes.Add(code, byte.Parse(parts[^1], CultureInfo.InvariantCulture));
                }
            }
        }
        var full = new Dictionary<int, int[]>(steps.Count);
        foreach (int code in steps.Keys)
        {
            full.Add(code, Expand(steps, code));
        }
        return new Tables(full, classes);
    }

    // Only the first of the two parts ever decomposes further.
    private static int[] Expand(Dictionary<int, int[]> steps, int code)
    {
        var tail = new Stack<int>();
        while (steps.TryGetValue(code, out int[]? step))
        {
            if (step.Length == 2)
            {
                tail.Push(step[1]);
            }
            code = step[0];
        }
        return [code, .. tail];
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed record Tables(Dictionary<int, int[]> Full, Dictionary<int, byte> Classes);

    private readonly record struct Part(int Code, byte Class, bool IsNew);
}
