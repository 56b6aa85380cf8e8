using System.Text;
using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Weights;

/// <summary>Opens the files that model.safetensors.index.json names. A file must be a plain name in the model's folder,
/// and must hold each tensor that the index puts there.</summary>
internal static class ShardIndex
{
    /// <summary>The index's name in a model folder.</summary>
    public const string FileName = "model.safetensors.index.json";

    private const long LargestIndex = 100L << 20;
    private const int MostFiles = 1024;
    private const int LongestFileName = 255;

    /// <summary>Opens every file of the index; disposes what it opened when one is wrong.</summary>
    public static List<SafetensorsFile> Open(string folder)
    {
        string path = Path.Combine(folder, FileName);
        byte[] json = BoundedFile.ReadAll(path, LargestIndex);
        int map = MapStart(json, path);
        var files = new List<SafetensorsFile>();
        try
        {
            OpenFiles(json.AsSpan(map), folder, path, files);
            return files;
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    // A link to where the index itself lies is allowed: download caches keep a model's files that way.
    private static void RequirePlainName(string folder, string name, string index)
    {
        bool plain = name.Length is > 0 and <= LongestFileName && name is not ("." or "..")
            && name.AsSpan().IndexOfAny("/\\:") < 0 && !name.Contains("..") && !name.Any(char.IsControl);
        if (!plain)
        {
            throw new InputException($"{index}: weight_map: expected the plain name of a file in the same folder, " +
                $"found {Quoted.Of(name)}");
        }
        string file = Path.Combine(folder, name);
        if (!File.Exists(file))
        {
            throw new InputException($"{index}: weight_map: the file {Quoted.Of(name)} is not in the folder");
        }
        if (TargetFolder(file) is { } target
            && target != Real(folder) && target != Path.GetFullPath(folder) && target != TargetFolder(index))
        {
            throw new InputException($"{index}: weight_map: {Quoted.Of(name)} is a link that leads out of the folder");
        }
    }

    private static int MapStart(byte[] json, string path)
    {
        ReadOnlySpan<int> keys = JsonText.Check(json, path).Span;
        foreach (int key in keys)
        {
            if (JsonKeys.CompareWith(json.AsSpan(key), "weight_map"u8) == 0)
            {
                int start = JsonKeys.ValueStart(json, key);
                return json[start] == '{'
                    ? start
                    : throw new InputException($"{path}: weight_map: expected an object, found byte 0x{json[start]:x2}");
            }
        }
        throw new InputException($"{path}: the key \"weight_map\" is missing");
    }

    private static void OpenFiles(ReadOnlySpan<byte> map, string folder, string path, List<SafetensorsFile> files)
    {
        var opened = new Dictionary<string, SafetensorsFile>();
        var byName = opened.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> name = stackalloc char[LongestFileName + 1];
        var reader = new Utf8JsonReader(map, JsonText.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int tensor = (int)reader.TokenStartIndex + 1;
            reader.Read();
            ReadOnlySpan<char> fileName = FileNameOf(reader, name, map[tensor..], path);
            if (!byName.TryGetValue(fileName, out SafetensorsFile? file))
            {
                file = OpenShard(folder, fileName.ToString(), path, opened.Count);
                opened.Add(fileName.ToString(), file);
                files.Add(file);
            }
            RequireTensor(file, map[tensor..], path);
        }
    }

    private static ReadOnlySpan<char> FileNameOf(
        scoped in Utf8JsonReader reader, Span<char> buffer, ReadOnlySpan<byte> tensor, string path)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new InputException($"{path}: weight_map: {Shown(tensor)}: expected a file name, " +
                $"found {reader.TokenType}");
        }
        if (reader.ValueSpan.Length > LongestFileName)
        {
            throw new InputException($"{path}: weight_map: {Shown(tensor)}: a file name of {reader.ValueSpan.Length} " +
                $"bytes, the limit is {LongestFileName}");
        }
        try
        {
            return buffer[..reader.CopyString(buffer)];
        }
        catch (InvalidOperationException error)
        {
            throw new InputException($"{path}: weight_map: {Shown(tensor)}: the file name is not text", error);
        }
    }

    private static SafetensorsFile OpenShard(string folder, string name, string path, int opened)
    {
        if (opened == MostFiles)
        {
            throw new InputException($"{path}: weight_map: over {MostFiles} files");
        }
        RequirePlainName(folder, name, path);
        return SafetensorsFile.Open(Path.Combine(folder, name));
    }

    private static void RequireTensor(SafetensorsFile file, ReadOnlySpan<byte> tensor, string path)
    {
        Span<byte> plain = stackalloc byte[1024];
        int length = 0;
        var letters = new UnescapedBytes(tensor);
        while (length < plain.Length && letters.MoveNext())
        {
            plain[length++] = letters.Current;
        }
        if (letters.MoveNext() || file.Find(plain[..length]) < 0)
        {
            throw new InputException(
                $"{path}: weight_map: {Shown(tensor)} is not in {Quoted.Of(Path.GetFileName(file.Path))}");
        }
    }

    private static string Shown(ReadOnlySpan<byte> tensor) => Quoted.Of(tensor[..tensor.IndexOf((byte)'"')]);

    // The folder that a link's end lies in; null for a file that is no link.
    private static string? TargetFolder(string path) =>
        new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target
            ? Path.GetDirectoryName(Path.GetFullPath(target.FullName))
            : null;

    private static string? Real(string folder) =>
        new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true) is { } target
            ? Path.GetFullPath(target.FullName)
            : null;
}
