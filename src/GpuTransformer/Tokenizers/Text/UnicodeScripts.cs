using System.Globalization;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>The script that a letter is written in, as Hugging Face's tokenizers know it.</summary>
internal static class UnicodeScripts
{
    private static readonly Lazy<Tables> Loaded = new(Load);

    /// <summary>The number of a letter's script; 0: it has none.</summary>
    public static int Of(int code)
    {
        Tables tables = Loaded.Value;
        int found = Array.BinarySearch(tables.Firsts, code);
        int at = found >= 0 ? found : ~found - 1;
        return at >= 0 && code <= tables.Lasts[at] ? tables.Scripts[at] : 0;
    }

    /// <summary>The number of a script, or 0 when there is none of that name; case, spaces and underscores do not
    /// count.</summary>
    public static int Named(string name) => Loaded.Value.Numbers.GetValueOrDefault(Plain(name));

    private static string Plain(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();

    private static Tables Load()
    {
        var ranges = new List<(int First, int Last, int Script)>();
        var numbers = new Dictionary<string, int>();
        int script = 0;
        foreach (string entry in TextTable.Entries("UnicodeScripts.txt"))
        {
            if (entry.EndsWith(':'))
            {
                numbers.Add(Plain(entry[..^1]), ++script);
                continue;
            }
            string[] ends = entry.Split('-');
            ranges.Add((Hex(ends[0]), Hex(ends[^1]), script));
        }
        ranges.Sort();
        return new Tables(
            [.. ranges.Select(range => range.First)],
            [.. ranges.Select(range => range.Last)],
            [.. ranges.Select(range => range.Script)],
            numbers);
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed record Tables(int[] Firsts, int[] Lasts, int[] Scripts, Dictionary<string, int> Numbers);
}
