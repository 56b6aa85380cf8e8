using System.Text.Json;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Weights;

namespace GpuTransformer.Bench.Peers;

/// <summary>A model folder as Hugging Face leaves it, of random weights that keep the size of what they are multiplied
/// with. It is written once and then found again.</summary>
internal sealed class RandomCheckpoint
{
    private readonly SafetensorsWriter _weights = new();

    private RandomCheckpoint()
    {
    }

    /// <summary>The folder, written if it is not there.</summary>
    /// <param name="parent">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="config">What config.json holds.</param>
    /// <param name="add">Adds the weights.</param>
    public static string Folder(string parent, string name, object config, Action<RandomCheckpoint> add)
    {
        var folder = Path.Combine(parent, name);
        var file = Path.Combine(folder, "model.safetensors");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, ModelConfig.FileName), JsonSerializer.Serialize(config));
            var checkpoint = new RandomCheckpoint();
            add(checkpoint);
            checkpoint._weights.Save(file);
        }

        return folder;
    }

    /// <summary>A linear layer as torch.nn.Linear has it, (out, in), with a bias.</summary>
    public void Linear(string name, int outFeatures, int inFeatures) =>
        Linear($"{name}.weight", $"{name}.bias", outFeatures, inFeatures);

    /// <summary>The same under names of their own.</summary>
    public void Linear(string weight, string bias, int outFeatures, int inFeatures)
    {
        Values(weight, MathF.Sqrt(3f / inFeatures), outFeatures, inFeatures);
        Values(bias, 0.1f, outFeatures);
    }

    /// <summary>A linear layer as GPT-2 has it, (in, out), with a bias.</summary>
    public void Conv1D(string name, int inFeatures, int outFeatures)
    {
        Values($"{name}.weight", MathF.Sqrt(3f / inFeatures), inFeatures, outFeatures);
        Values($"{name}.bias", 0.1f, outFeatures);
    }

    /// <summary>A norm of weights 1 and small biases.</summary>
    public void Norm(string name, int width)
    {
        var ones = new float[width];
        Array.Fill(ones, 1f);
        _weights.Add($"{name}.weight", ones, width);
        Values($"{name}.bias", 0.1f, width);
    }

    /// <summary>Numbers evenly spread over [-magnitude, magnitude].</summary>
    public void Values(string name, float magnitude, params ReadOnlySpan<long> shape)
    {
        var elements = 1L;
        foreach (var size in shape)
        {
            elements *= size;
        }

        var values = new float[elements];
        RandomValues.Fill(name, 0, magnitude, values);
        _weights.Add(name, values, shape);
    }
}
