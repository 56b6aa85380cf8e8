using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>The parts of one kind that tokenizer.json may name, and how each is read. A part has no key beside "type" and
/// those that its line lists.</summary>
internal sealed class PartTable<T>
{
    private readonly SortedDictionary<string, (string[] Keys, Func<JsonObject, T> Read)> _parts =
        new(StringComparer.Ordinal);

    /// <summary>Adds a part.</summary>
    public void Add(string type, string keys, Func<JsonObject, T> read) =>
        _parts.Add(type, (["type", .. keys.Split(' ', StringSplitOptions.RemoveEmptyEntries)], read));

    /// <summary>Reads a part.</summary>
    public T Read(JsonObject part)
    {
        if (!_parts.TryGetValue(part.Text("type"), out (string[] Keys, Func<JsonObject, T> Read) found))
        {
            throw TokenizerPart.NotSupported(part, string.Join(", ", _parts.Keys));
        }
        TokenizerPart.OnlyKeys(part, found.Keys);
        return found.Read(part);
    }
}
