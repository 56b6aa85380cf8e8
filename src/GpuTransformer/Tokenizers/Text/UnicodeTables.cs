using System.Collections;
using System.Globalization;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>What the normalization forms need to know of each code point. Hangul is computed, not listed.</summary>
/// <remarks>Source: Unicode Standard Annex 15; Hangul by section 3.12 of the standard.</remarks>
internal sealed class UnicodeTables
{
    private const int FirstSyllable = 0xAC00;
    private const int SyllableCount = 11172;
    private const int FirstL = 0x1100;
    private const int CountL = 19;
    private const int FirstV = 0x1161;
    private const int CountV = 21;
    private const int FirstT = 0x11A7;
    private const int CountT = 28;

    private static readonly Lazy<UnicodeTables> CanonicalTables = new(() => new UnicodeTables(compatibility: false));
    private static readonly Lazy<UnicodeTables> CompatibilityTables = new(() => new UnicodeTables(compatibility: true));

    private readonly Dictionary<int, int[]> _decompositions = [];
    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly HashSet<int> _changedByDecomposing = [];
    private readonly HashSet<int> _changedByComposing = [];
    private readonly BitArray _steadyDecomposed = new(char.MaxValue + 1, true);
    private readonly BitArray _steadyComposed = new(char.MaxValue + 1, true);

    private UnicodeTables(bool compatibility)
    {
        (Dictionary<int, int[]> steps, List<int> marks) = ReadCanonical();
        var excluded = new HashSet<int>(TextTable.Entries("CompositionExclusions.txt").SelectMany(Codes));
        foreach ((int code, int[] step) in steps)
        {
            _decompositions.Add(code, Expand(steps, code));
            if (step.Length == 2 && !excluded.Contains(code))
            {
                _compositions.Add((step[0], step[1]), code);
                _changedByComposing.Add(step[1]);
            }
            else
            {
                _changedByComposing.Add(code);
            }
        }
        if (compatibility)
        {
            ReadCompatibility();
        }
        _changedByComposing.UnionWith(marks);
        _changedByComposing.UnionWith(Enumerable.Range(FirstV, CountV));
        _changedByComposing.UnionWith(Enumerable.Range(FirstT + 1, CountT - 1));
        _changedByDecomposing.UnionWith(_decompositions.Keys);
        _changedByDecomposing.UnionWith(marks);
        _changedByDecomposing.UnionWith(Enumerable.Range(FirstSyllable, SyllableCount));
        Clear(_steadyComposed, _changedByComposing);
        Clear(_steadyDecomposed, _changedByDecomposing);
    }

    /// <summary>The tables of a form.</summary>
    public static UnicodeTables Of(UnicodeForm form) =>
        form is UnicodeForm.Nfc or UnicodeForm.Nfd ? CanonicalTables.Value : CompatibilityTables.Value;

    /// <summary>True when a text of such code points alone is in its form already.</summary>
    public bool IsSteady(int code, bool composed) => code <= char.MaxValue
        ? (composed ? _steadyComposed : _steadyDecomposed)[code]
        : !(composed ? _changedByComposing : _changedByDecomposing).Contains(code);

    /// <summary>The canonical combining class.</summary>
    public byte ClassOf(int code) => _classes.GetValueOrDefault(code);

    /// <summary>What a code point decomposes into, fully; into itself when there is nothing to decompose. Gives how many
    /// of <paramref name="parts"/> it wrote; compatibility makes up to 18 out of one.</summary>
    public int Decompose(int code, Span<int> parts)
    {
        if (code - FirstSyllable is >= 0 and < SyllableCount and var index)
        {
            parts[0] = FirstL + index / (CountV * CountT);
            parts[1] = FirstV + index / CountT % CountV;
            parts[2] = FirstT + index % CountT;
            return index % CountT == 0 ? 2 : 3;
        }
        if (_decompositions.TryGetValue(code, out int[]? all))
        {
            all.CopyTo(parts);
            return all.Length;
        }
        parts[0] = code;
        return 1;
    }

    /// <summary>What two code points compose into, or -1.</summary>
    public int Compose(int first, int second)
    {
        if (first - FirstL is >= 0 and < CountL and var l && second - FirstV is >= 0 and < CountV and var v)
        {
            return FirstSyllable + (l * CountV + v) * CountT;
        }
        if (first - FirstSyllable is >= 0 and < SyllableCount and var s && s % CountT == 0
            && second - FirstT is > 0 and < CountT and var t)
        {
            return first + t;
        }
        return _compositions.TryGetValue((first, second), out int whole) ? whole : -1;
    }

    private (Dictionary<int, int[]> Steps, List<int> Marks) ReadCanonical()
    {
        var steps = new Dictionary<int, int[]>();
        var marks = new List<int>();
        foreach (string entry in TextTable.Entries("CanonicalDecomposition.txt"))
        {
            if (entry.Split('=') is [string from, string to])
            {
                steps.Add(Hex(from), [.. to.Split('+').Select(Hex)]);
                continue;
            }
            string[] parts = entry.Split(':');
            foreach (int code in Codes(parts[0]))
            {
                _classes.Add(code, byte.Parse(parts[1], CultureInfo.InvariantCulture));
                marks.Add(code);
            }
        }
        return (steps, marks);
    }

    private void ReadCompatibility()
    {
        foreach (string entry in TextTable.Entries("CompatibilityDecomposition.txt"))
        {
            string[] parts = entry.Split('=');
            int[] to = [.. parts[1].Split('+').Select(Hex)];
            int step = 0;
            foreach (int code in Codes(parts[0]))
            {
                int[] letters = [.. to];
                letters[0] += step++;
                _decompositions[code] = letters;
                _changedByComposing.Add(code);
            }
        }
    }

    private static IEnumerable<int> Codes(string range)
    {
        string[] ends = range.Split('-');
        int first = Hex(ends[0]);
        return Enumerable.Range(first, Hex(ends[^1]) - first + 1);
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

    private static void Clear(BitArray steady, HashSet<int> changed)
    {
        foreach (int code in changed)
        {
            if (code <= char.MaxValue)
            {
                steady[code] = false;
            }
        }
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
