using System.Text;

namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>Which letters are the same but for their case, by the simple foldings of Unicode.</summary>
internal static class LetterCases
{
    private static readonly Lazy<Dictionary<int, int[]>> Classes = new(Make);

    /// <summary>The other cases of a letter.</summary>
    public static int[] Others(int letter) => Classes.Value.GetValueOrDefault(letter) ?? [];

    private static Dictionary<int, int[]> Make()
    {
        var byFold = new Dictionary<int, List<int>>();
        for (int code = 'A'; code < 0x1F000; code++)
        {
            if (Rune.IsValid(code) && Fold(code) is var fold && (fold != code || Upper(code) != code))
            {
                if (!byFold.TryGetValue(fold, out List<int>? letters))
                {
                    byFold.Add(fold, letters = []);
                }
                letters.Add(code);
            }
        }
        var classes = new Dictionary<int, int[]>();
        foreach (List<int> letters in byFold.Values)
        {
            foreach (int letter in letters)
            {
                classes.Add(letter, [.. letters.Where(other => other != letter)]);
            }
        }
        return classes;
    }

    // .NET keeps the long s, the Kelvin and the Angstrom sign apart from the letters that they fold to.
    private static int Fold(int code) => code switch
    {
        0x17F => 's',
        0x212A => 'k',
        0x212B => 0xE5,
        0x130 or 0x131 => code,
        _ => Rune.ToLowerInvariant(new Rune(Upper(code))).Value,
    };

    private static int Upper(int code) => code is 0x130 or 0x131 ? code : Rune.ToUpperInvariant(new Rune(code)).Value;
}
