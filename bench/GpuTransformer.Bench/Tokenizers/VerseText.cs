using System.Text;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench;

/// <summary>English-looking verse of any length, made from the words of the shipped BERT's vocabulary: frequent ones often,
/// some with an ending that makes them rare, with capitals and punctuation. The same on every machine.</summary>
internal static class VerseText
{
    private const string Models = "tools/GpuTransformer.Cli/models";

    /// <summary>The folder of a shipped model, found above the program.</summary>
    public static string Model(string name)
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var candidate = Path.Combine(folder, Models, name);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new InputException($"{Models}/{name} is not beside the program: run the benchmarks in the repository");
    }

    /// <summary>Lines that take at least <paramref name="bytes"/> bytes together, with their line ends.</summary>
    public static string[] Lines(int bytes)
    {
        var vocabulary = File.ReadAllLines(Path.Combine(Model("bert-shakespeare"), "vocab.txt"));
        string[] words = [.. vocabulary.Where(token => token.Length > 1 && token.All(char.IsAsciiLetterLower))];
        string[] endings = [.. vocabulary.Where(token => token.Length > 3 && token.StartsWith("##", StringComparison.Ordinal)
            && token[2..].All(char.IsAsciiLetterLower)).Select(token => token[2..])];
        var random = new Random(7);
        var lines = new List<string>();
        var line = new StringBuilder();
        for (var written = 0; written < bytes; written += lines[^1].Length + 1)
        {
            line.Clear();
            for (var left = random.Next(5, 10); left > 0; left--)
            {
                AddWord(line, words, endings, random);
            }

            lines.Add(line.ToString());
        }

        return [.. lines];
    }

    private static void AddWord(StringBuilder line, string[] words, string[] endings, Random random)
    {
        // The vocabulary stands in the order of frequency: squares of chances favour its start.
        var chance = random.NextDouble();
        var word = words[(int)(chance * chance * chance * words.Length)];
        line.Append(line.Length > 0 ? " " : "");
        if (line.Length == 0 || random.Next(20) == 0)
        {
            word = char.ToUpperInvariant(word[0]) + word[1..];
        }

        line.Append(word);
        line.Append(random.Next(12) == 0 ? endings[random.Next(endings.Length)] : "");
        line.Append(random.Next(8) == 0 ? ",.;:!?'"[random.Next(7)].ToString() : "");
    }
}
