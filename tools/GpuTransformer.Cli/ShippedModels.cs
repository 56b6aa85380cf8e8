using GpuTransformer.Kernels;

namespace GpuTransformer.Cli;

/// <summary>The small trained models that the program brings along, in a folder beside it.</summary>
internal static class ShippedModels
{
    public static string Root { get; } = Path.Combine(AppContext.BaseDirectory, "models");

    public static IReadOnlyList<string> Names { get; } = ["g2p", "g2p-nat", "vit-fashion", "gpt2-shakespeare", "bert-shakespeare"];

    /// <summary>The folder of a shipped model.</summary>
    /// <exception cref="InputException">It is not where the program was installed.</exception>
    public static string Folder(string name)
    {
        var folder = Path.Combine(Root, name);
        return Directory.Exists(folder) ? folder : throw new InputException($"{folder}: the shipped model {name} is not there.");
    }

    /// <summary>A folder of the user's, or a shipped model by its name.</summary>
    public static string Resolve(string nameOrFolder) =>
        !Directory.Exists(nameOrFolder) && Names.Contains(nameOrFolder) ? Folder(nameOrFolder) : nameOrFolder;

    /// <summary>A file of the user's, or the file of this name that a shipped folder holds.</summary>
    public static string ResolveFile(string nameOrFile, string fileName)
    {
        var shipped = Path.Combine(Root, nameOrFile, fileName);
        return !Path.Exists(nameOrFile) && nameOrFile.AsSpan().IndexOfAny("/\\.") < 0 && File.Exists(shipped) ? shipped : nameOrFile;
    }
}
