using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>config.json, index and safetensors files changed at random, and config.json cut anywhere.</summary>
public sealed class FolderMutationTests : IDisposable
{
    private const string Config = """
        {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 8, "num_hidden_layers": 2, "eps": 1e-12,
         "id2label": {"0": "a", "1": "\u00e9"}, "rope": {"theta": 10000.0, "deep": [[1, 2], {"a": null}]}, "tie": true}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryTruncatedConfigIsRefused() =>
        Mutations.RefusesEveryTruncation(Encoding.UTF8.GetBytes(Config), LoadConfig, "config.json");

    [Fact]
    public void MutatedConfigsGiveOurErrorsOrNone() => Mutations.Check(Encoding.UTF8.GetBytes(Config), LoadConfig);

    [Fact]
    public void EveryTruncatedIndexIsRefused()
    {
        byte[] index = Index();
        Mutations.RefusesEveryTruncation(index, OpenIndex, "index.json");
    }

    [Fact]
    public void MutatedIndexesGiveOurErrorsOrNone() => Mutations.Check(Index(), OpenIndex);

    [Fact]
    public void MutatedWeightsGiveOurErrorsOrNone()
    {
        Save("whole.safetensors", "a", "b");
        Mutations.Check(
            File.ReadAllBytes(_folder.File("whole.safetensors")),
            bytes => SafetensorsFile.Open(_folder.Write("mutated.safetensors", bytes)).Dispose());
    }

    private byte[] Index()
    {
        Save("one.safetensors", "a", "b");
        Save("two.safetensors", "c");
        return Encoding.UTF8.GetBytes("""
            {"metadata": {"total_size": 12}, "weight_map": {"a": "one.safetensors", "b": "one.safetensors",
             "c": "two.safetensors"}}
            """);
    }

    // Reads every value as what it is.
    private void LoadConfig(byte[] bytes)
    {
        _folder.Write("config.json", bytes);
        ModelConfig config = ModelConfig.Load(_folder.Path);
        foreach (string key in config.Keys)
        {
            try
            {
                _ = key switch
                {
                    "model_type" => config.Text(key).Length,
                    "architectures" => config.Texts(key).Length,
                    "hidden_size" or "num_hidden_layers" => config.Whole(key, 1, 100),
                    "eps" => (int)config.Number(key, 0, 1),
                    "id2label" => config.TextPairs(key).Count,
                    "rope" => (int)config.Section(key)!.NumberOr("theta", 1, 0, 1e9),
                    "tie" => config.Flag(key) ? 1 : 0,
                    _ => 0,
                };
            }
            catch (InputException)
            {
                // The next key may still be read.
            }
        }
    }

    private void OpenIndex(byte[] bytes)
    {
        _folder.Write("model.safetensors.index.json", bytes);
        WeightStore.Open(_folder.Path).Dispose();
    }

    private void Save(string name, params string[] tensors)
    {
        var writer = new SafetensorsWriter();
        foreach (string tensor in tensors)
        {
            writer.Add(tensor, new float[] { 1 }, 1);
        }
        writer.Save(_folder.File(name));
    }
}
