using System.Text.Json.Nodes;
using GpuTransformer.Models;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>GPT-2's two keys about the scale of scores: each answers as the usual scale does over queries that carry the
/// difference.</summary>
public class Gpt2ScaleTests
{
    // The scale multiplies before or after the product of queries and keys.
    private const double Relative = 1e-5;
    private const int Hidden = 32;
    private const int HeadDim = 8;

    [SkippableFact]
    public void Scores_may_stay_unscaled()
    {
        var asConfigured = Logits("scale_attn_weights", false, _ => 1);
        Same(Logits("scale_attn_weights", true, _ => MathF.Sqrt(HeadDim)), asConfigured);
    }

    [SkippableFact]
    public void Scores_may_shrink_with_the_layer()
    {
        var asConfigured = Logits("scale_attn_by_inverse_layer_idx", true, _ => 1);
        Same(Logits("scale_attn_by_inverse_layer_idx", false, layer => 1f / (layer + 1)), asConfigured);
    }

    /// <summary>Logits of a text with one key of the config set and the queries of each layer multiplied.</summary>
    private static float[] Logits(string key, bool value, Func<int, float> queries)
    {
        var source = Fixtures.Folder("tiny/gpt2");
        using var folder = new TemporaryFolder();
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!;
        json[key] = value;
        folder.Write("config.json", json.ToJsonString());
        using (var file = SafetensorsFile.Open(Path.Combine(source, "model.safetensors")))
        {
            var writer = new SafetensorsWriter();
            foreach (var (name, info) in file.Tensors)
            {
                writer.Add(name, Scaled(name, file.ReadFloat32(name), queries), info.Shape);
            }

            writer.Save(folder.File("model.safetensors"));
        }

        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder.Path, device);
        var ids = new HostTensor("input_ids", [.. Enumerable.Range(0, 17).Select(i => 5L + i * 7 % 60)], 1, 17);
        return model.Forward(new ForwardInputs(ids))[0].Floats;
    }

    /// <summary>The first third of c_attn's columns are the queries.</summary>
    private static float[] Scaled(string name, float[] values, Func<int, float> queries)
    {
        for (var layer = 0; layer < 2; layer++)
        {
            if (name.Contains($"h.{layer}.attn.c_attn", StringComparison.Ordinal))
            {
                return [.. values.Select((v, i) => i % (3 * Hidden) < Hidden ? v * queries(layer) : v)];
            }
        }

        return values;
    }

    private static void Same(float[] expected, float[] actual)
    {
        var usual = Logits("use_cache", true, _ => 1);
        var largest = expected.Max(Math.Abs);
        Assert.True(expected.Zip(actual).Max(p => Math.Abs(p.First - p.Second)) <= Relative * largest);
        Assert.True(expected.Zip(usual).Max(p => Math.Abs(p.First - p.Second)) > 100 * Relative * largest);
    }
}
