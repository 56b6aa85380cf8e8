using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>The tensors of a GGUF file as a model of Hugging Face's asks for them: its names, and for the architecture
/// llama its order of the rows of query and key projections.</summary>
internal sealed class GgufTensors : StoredTensors
{
    private readonly GgufFile _file;
    private readonly bool _interleaved;
    private readonly int _heads;
    private readonly int _keyValueHeads;

    private GgufTensors(GgufFile file)
    {
        _file = file;
        GgufArchitecture architecture = GgufArchitecture.Of(file.Metadata);
        _interleaved = architecture.HasInterleavedRows;
        (_heads, _keyValueHeads) = architecture.Heads(file.Metadata);
    }

    public override int Count => _file.Count;

    /// <summary>Opens a file.</summary>
    public static GgufTensors Open(string path)
    {
        var file = GgufFile.Open(path);
        try
        {
            return new GgufTensors(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override int Find(string name)
    {
        string stored = GgufNames.ToGguf(name);
        // A tensor is found under one name alone.
        return stored != name || GgufNames.ToHuggingFace(name) == name ? _file.IndexOf(stored) : -1;
    }

    public override TensorInfo InfoAt(int index)
    {
        TensorInfo info = _file.InfoAt(index);
        return info with { Name = GgufNames.ToHuggingFace(info.Name) };
    }

    public override WeightSource SourceAt(int index)
    {
        TensorInfo info = _file.InfoAt(index);
        var source = new GgufSource(_file, info, GgufNames.ToHuggingFace(info.Name));
        int heads = !_interleaved ? 0 :
            Has(info.Name, ".attn_q.") ? _heads :
            Has(info.Name, ".attn_k.") ? _keyValueHeads : 0;
        if (heads == 0)
        {
            return source;
        }
        return info.Shape[0] % (2L * heads) == 0 && info.Shape[0] / heads <= int.MaxValue
            ? new InterleavedRows(source, (int)(info.Shape[0] / heads))
            : throw new InputException($"{_file.Path}: tensor {info}: expected rows for {heads} heads of an even size");
    }

    public override void Dispose() => _file.Dispose();

    private static bool Has(string name, string part) => name.Contains(part, StringComparison.Ordinal);
}
