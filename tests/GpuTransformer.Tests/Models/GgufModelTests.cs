using System.Text.Json;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Models in GGUF files, as llama.cpp's converter and quantizer leave them, against PyTorch on the dequantized
/// weights.</summary>
public sealed class GgufModelTests
{
    // Of the largest absolute logit: float32 in another order of summation.
    private const double Relative = 2e-5;

    // Thirty layers add up their rounding.
    private const double RelativeOfReal = 1e-4;

    // Where the best two logits lie closer, rounding may decide.
    private const double SureMargin = 0.01;

    [SkippableTheory]
    [InlineData("gguf-llama", "")]
    [InlineData("gguf-qwen2", "")]
    [InlineData("gguf-llama", "model.gguf")]
    public void Tiny_models_answer_as_recorded(string name, string file)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        using var device = ComputeDevice.Open("cpu");
        using var model = (GenerativeModel)TransformerModel.Load(Path.Combine(folder, file), device);
        var io = Path.Combine(folder, "io.safetensors");
        using var recorded = SafetensorsFile.Open(io);
        var logits = model.Forward(ForwardInputs.Read(io))[0];
        Assert.Equal(recorded.Tensors["out.logits"].Shape, logits.Shape);
        AssertClose(recorded.ReadFloat32("out.logits"), logits.Floats, Relative);
        var expected = recorded.ReadInt64("out.greedy_from_6").Chunk(18).Select(row => row.Select(id => (int)id).ToArray()).ToArray();
        var made = CausalModelTests.Greedy(model, [.. expected.Select(row => row[..6])], 12);
        Assert.Equal(expected.Select(row => row[6..]), made);
    }

    [SkippableFact]
    public void SmolLM2_answers_as_recorded()
    {
        var folder = Fixtures.Shared("real/smollm2");
        using var device = ComputeDevice.Open("cpu");
        using var model = (GenerativeModel)TransformerModel.Load(folder, device);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        var cases = expected.RootElement.GetProperty("cases").EnumerateArray().ToArray();
        for (var i = 0; i < cases.Length; i++)
        {
            var prompt = Ids(cases[i].GetProperty("prompt_ids"));
            var logits = model.Forward(new ForwardInputs(
                new HostTensor("input_ids", [.. prompt.Select(id => (long)id)], 1, prompt.Length)))[0];
            var width = (int)logits.Shape[^1];
            AssertClose(recorded.ReadFloat32($"last_logits.{i}"), logits.Floats[^width..], RelativeOfReal);
            if (cases[i].GetProperty("smallest_margin").GetDouble() > SureMargin)
            {
                var greedy = Ids(cases[i].GetProperty("greedy_ids"));
                Assert.Equal(greedy, CausalModelTests.Greedy(model, [prompt], greedy.Length).Single());
            }
        }
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];

    private static void AssertClose(float[] expected, float[] actual, double relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Max(Math.Abs);
        var worst = expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(worst <= relative * largest, $"{worst / largest:0.0e+0} of the largest logit");
    }
}
