using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>Finds the GGUF file that a path means.</summary>
internal static class GgufFolder
{
    private const string Extension = ".gguf";
    private const int MostListed = 20;

    /// <summary>The path itself when it names a .gguf file, or a file that begins as one; the file of a folder that holds
    /// one; null when the folder holds none, or when the path is neither.</summary>
    /// <exception cref="InputException">The folder holds several: they are listed, or are the parts of one model.</exception>
    public static string? Find(string path)
    {
        if (path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path))
        {
            return path;
        }
        if (!Directory.Exists(path))
        {
            return File.Exists(path) && BeginsAsGguf(path) ? path : null;
        }
        string[] files = [.. Directory.EnumerateFiles(path)
            .Where(file => file.EndsWith(Extension, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
        if (files.Length > 1)
        {
            GgufSplitName.Refuse(files[0]);
            string listed = string.Join(", ", files.Take(MostListed).Select(Path.GetFileName));
            throw new InputException($"{path}: {files.Length} GGUF files: name one of {listed}" +
                (files.Length > MostListed ? ", ..." : ""));
        }
        return files.Length == 0 ? null : files[0];
    }

    // Caches of models name files by their checksums.
    private static bool BeginsAsGguf(string path)
    {
        using FileStream file = BoundedFile.Open(path, long.MaxValue);
        Span<byte> mark = stackalloc byte[4];
        return file.Length >= mark.Length && file.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) == mark.Length
            && mark.SequenceEqual("GGUF"u8);
    }
}
