namespace GpuTransformer.Tokenizers.Text;

/// <summary>Tables that are built into the library as text: entries between spaces and line ends, # begins a comment
/// line.</summary>
internal static class TextTable
{
    /// <summary>The entries of a table.</summary>
    public static IEnumerable<string> Entries(string name)
    {
        using Stream stream = typeof(TextTable).Assembly.GetManifestResourceStream($"GpuTransformer.Tokenizers.{name}")
            ?? throw new InvalidOperationException($"the table {name} is not built into the library");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
            {
                foreach (string entry in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    yield return entry;
                }
            }
        }
    }
}
