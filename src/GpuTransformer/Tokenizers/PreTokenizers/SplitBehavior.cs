using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>What becomes of the matches at which a text is split. The names are those of tokenizer.json.</summary>
internal enum SplitBehavior
{
    /// <summary>They are left out.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>Each goes to the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>Each goes to the piece after it.</summary>
    MergedWithNext,

    /// <summary>Matches that follow each other are one piece.</summary>
    Contiguous,
}

/// <summary>Cuts a text at matches.</summary>
internal static class SplitBehaviors
{
    /// <summary>Adds the pieces of a text of <paramref name="length"/> units; with <paramref name="invert"/> what lies
    /// between the matches counts as matched, and the matches do not.</summary>
    public static void Cut(
        this SplitBehavior behavior, List<(int Start, int End)> matches, int length, bool invert, PieceWriter ranges)
    {
        switch (behavior)
        {
            case SplitBehavior.Removed or SplitBehavior.Isolated:
                bool isolates = behavior == SplitBehavior.Isolated;
                CutAt(matches, length, isolates || invert, isolates || !invert, ranges);
                break;
            case SplitBehavior.MergedWithNext:
                CutBefore(Parts(matches, length, invert), ranges);
                break;
            default:
                CutAfter(Parts(matches, length, invert), behavior == SplitBehavior.Contiguous, ranges);
                break;
        }
    }

    private static void CutAt(
        List<(int Start, int End)> matches, int length, bool keepsMatches, bool keepsOthers, PieceWriter ranges)
    {
        int done = 0;
        foreach ((int start, int end) in matches)
        {
            if (keepsOthers)
            {
                ranges.Add(done, start);
            }
            if (keepsMatches)
            {
                ranges.Add(start, end);
            }
            done = end;
        }
        if (keepsOthers)
        {
            ranges.Add(done, length);
        }
    }

    private static IEnumerable<(int Start, int End, bool IsMatch)> Parts(
        List<(int Start, int End)> matches, int length, bool invert)
    {
        int done = 0;
        foreach ((int start, int end) in matches)
        {
            if (done < start)
            {
                yield return (done, start, invert);
            }
            yield return (start, end, !invert);
            done = end;
        }
        if (done < length)
        {
            yield return (done, length, invert);
        }
    }

    // Contiguous: a part goes on while its kind stays. MergedWithPrevious: only a match after something else does.
    private static void CutAfter(
        IEnumerable<(int Start, int End, bool IsMatch)> parts, bool joinsKinds, PieceWriter ranges)
    {
        int first = 0;
        int last = -1;
        bool wasMatch = false;
        foreach ((int start, int end, bool isMatch) in parts)
        {
            bool joins = joinsKinds ? isMatch == wasMatch : isMatch && !wasMatch;
            if (last < 0 || !joins)
            {
                ranges.Add(first, Math.Max(first, last));
                first = start;
            }
            last = end;
            wasMatch = isMatch;
        }
        ranges.Add(first, Math.Max(first, last));
    }

    // From the end: a match joins what follows it, unless that is a match too.
    private static void CutBefore(IEnumerable<(int Start, int End, bool IsMatch)> parts, PieceWriter ranges)
    {
        var pieces = new List<(int Start, int End)>();
        bool nextIsMatch = false;
        foreach ((int start, int end, bool isMatch) in parts.Reverse())
        {
            if (isMatch && !nextIsMatch && pieces.Count > 0)
            {
                pieces[^1] = (start, pieces[^1].End);
            }
            else
            {
                pieces.Add((start, end));
            }
            nextIsMatch = isMatch;
        }
        for (int i = pieces.Count - 1; i >= 0; i--)
        {
            ranges.Add(pieces[i].Start, pieces[i].End);
        }
    }
}
