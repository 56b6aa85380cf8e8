using GpuTransformer.Kernels;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Weights;

/// <summary>The config.json of a model folder, read strictly: each getter checks type and range and names the key.</summary>
public sealed class ModelConfig : JsonObject
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "config.json";

    private const long LargestFile = 64L << 20;

    private ModelConfig(ReadOnlyMemory<byte> json, string path, string folder) : base(json, path) => Folder = folder;

    /// <summary>The model folder.</summary>
    public string Folder { get; }

    /// <summary>What kind of model the folder holds: "model_type" as Hugging Face writes it, or "architecture".</summary>
    public string ModelType => Has("model_type") ? Text("model_type") : Text("architecture");

    /// <summary>Reads config.json of a model folder. An <see cref="InputException"/> says what is wrong with it.</summary>
    public static ModelConfig Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder))
        {
            throw new InputException($"{folder}: there is no such model folder");
        }
        string path = Path.Combine(folder, FileName);
        return new ModelConfig(BoundedFile.ReadAll(path, LargestFile), path, folder);
    }

    /// <summary>Opens the weights that belong to this config.</summary>
    /// <param name="prefixes">What may stand before each name, tried in this order.</param>
    public WeightStore OpenWeights(params string[] prefixes) => WeightStore.Open(Folder, prefixes);

    /// <summary>Reads a config from text instead of a file.</summary>
    public static ModelConfig Parse(string json) =>
        new(System.Text.Encoding.UTF8.GetBytes(json), FileName, folder: "");
}
