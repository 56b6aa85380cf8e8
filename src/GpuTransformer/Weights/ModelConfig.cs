using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights.Gguf;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Weights;

/// <summary>The config.json of a model folder, or what a GGUF file says under the same keys, read strictly: each getter
/// checks type and range and names the key.</summary>
public sealed class ModelConfig : JsonObject
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "config.json";

    private const long LargestFile = 64L << 20;

    private static readonly string[] s_layerCounts =
    [
        "num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers", "encoder_layers", "decoder_layers",
        "num_encoder_layers",
    ];

    private readonly string? _gguf;

    private ModelConfig(ReadOnlyMemory<byte> json, string path, string folder, string? gguf = null) : base(json, path)
    {
        Folder = folder;
        _gguf = gguf;
    }

    /// <summary>The model folder, or the GGUF file that was named.</summary>
    public string Folder { get; }

    /// <summary>How the model is loaded.</summary>
    internal LoadOptions Options { get; private init; } = new();

    /// <summary>What kind of model the folder holds: "model_type" as Hugging Face writes it, or "architecture".</summary>
    public string ModelType => Has("model_type") ? Text("model_type") : Text("architecture");

    /// <summary>Reads config.json of a model folder, or the metadata of a GGUF file: one that is named, or the one in a
    /// folder without config.json.</summary>
    /// <exception cref="InputException">Says what is wrong.</exception>
    public static ModelConfig Load(string folder) => Load(folder, null);

    /// <summary>The same, for a model that is loaded so.</summary>
    internal static ModelConfig Load(string folder, LoadOptions? options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new LoadOptions();
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path) && GgufFolder.Find(folder) is { } gguf)
        {
            using var file = GgufFile.Open(gguf);
            return new ModelConfig(GgufConfig.Make(file), gguf, folder, gguf) { Options = options };
        }
        if (!Directory.Exists(folder))
        {
            throw new InputException($"{folder}: there is no such model folder");
        }
        return new ModelConfig(BoundedFile.ReadAll(path, LargestFile), path, folder) { Options = options };
    }

    /// <summary>Opens the weights that belong to this config, under the names that Hugging Face gives them.</summary>
    /// <param name="prefixes">What may stand before each name, tried in this order.</param>
    /// <exception cref="InputException">A file is not what it must be, or has not a tensor for each of the config's
    /// layers.</exception>
    public WeightStore OpenWeights(params string[] prefixes)
    {
        WeightStore store = _gguf is null
            ? WeightStore.Open(Folder, prefixes)
            : new WeightStore(_gguf, GgufTensors.Open(_gguf), prefixes);
        try
        {
            RequireTensorsForLayers(store.Count);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Reads a config from text instead of a file.</summary>
    public static ModelConfig Parse(string json) =>
        new(System.Text.Encoding.UTF8.GetBytes(json), FileName, folder: "");

    // A layer is made of tensors, so that a count that lies is found before the layers are declared.
    private void RequireTensorsForLayers(int tensors)
    {
        foreach (string key in s_layerCounts)
        {
            if (Has(key) && Kind(key) == JsonTokenType.Number && Whole(key) > tensors)
            {
                throw Error(key, $"at most {tensors}, the number of tensors in the weights", $"{Whole(key)}");
            }
        }
    }
}
