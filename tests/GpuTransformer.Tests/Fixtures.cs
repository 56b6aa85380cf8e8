using Xunit;

namespace GpuTransformer.Tests;

/// <summary>Finds recorded answers (a folder shared/fixtures beside the repository or beside one of the folders above
/// it) and the models that the program ships. A test whose fixtures are absent is skipped and says so.</summary>
internal static class Fixtures
{
    private const string Shipped = "tools/GpuTransformer.Cli/models";

    /// <summary>A folder of shared/fixtures, such as "tiny/bert"; skips the test when it is absent.</summary>
    public static string Folder(string name)
    {
        string? folder = Above(Path.Combine("shared", "fixtures", name));
        Skip.If(folder is null, $"shared/fixtures/{name} is not beside the repository");
        return folder!;
    }

    /// <summary>The folders in a folder of shared/fixtures, such as "tiny"; none when it is absent.</summary>
    public static IEnumerable<string> Names(string name) => Above(Path.Combine("shared", "fixtures", name)) is { } folder
        ? Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
        : [];

    /// <summary>A folder beside shared/fixtures, such as "real/minilm"; skips the test when it is absent.</summary>
    public static string Shared(string name)
    {
        string? folder = Above(Path.Combine("shared", name));
        Skip.If(folder is null, $"shared/{name} is not beside the repository");
        return folder!;
    }

    /// <summary>The models that answer in the demo: those with recorded answers.</summary>
    public static IEnumerable<string> ShippedModels => ["bert-shakespeare", "g2p", "g2p-nat", "gpt2-shakespeare", "vit-fashion"];

    /// <summary>The folder of a shipped model, such as "g2p".</summary>
    public static string Model(string name) => Above(Path.Combine(Shipped, name))
        ?? throw new DirectoryNotFoundException($"{Shipped}/{name} is not in the repository");

    private static string? Above(string path)
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string candidate = Path.Combine(folder, path);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }
        return null;
    }
}
