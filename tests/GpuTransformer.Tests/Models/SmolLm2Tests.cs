using System.Text.Json;
using GpuTransformer.Generation;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>A published model (SmolLM2-135M-Instruct, GGUF) against what transformers answered in float32.</summary>
public class SmolLm2Tests
{
    // Of the largest absolute logit, after 30 layers of float32 sums in another order.
    private const double Relative = 2e-5;

    // Beyond this margin between the best logit and the next no rounding can change a greedy choice.
    private const double ClearMargin = 0.01;

    [SkippableFact]
    public void Logits_and_greedy_continuations_are_as_recorded()
    {
        var folder = Fixtures.Shared("real/smollm2");
        using var device = ComputeDevice.Open("cpu");
        using var model = (CausalModel)TransformerModel.Load(folder, device);
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        var cases = json.RootElement.GetProperty("cases").EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        for (var c = 0; c < cases.Length; c++)
        {
            var prompt = Ids(cases[c].GetProperty("prompt_ids"));
            var logits = recorded.ReadFloat32($"last_logits.{c}");
            using (var decoding = model.Start(new DecodingRequest([prompt], 1, prompt.Length)))
            {
                var largest = logits.Max(Math.Abs);
                var worst = logits.Zip(decoding.Logits(0).ToArray()).Max(p => Math.Abs(p.First - p.Second));
                Assert.True(worst <= Relative * largest, $"case {c}: {worst / largest:0.0e+0} of the largest logit");
            }

            if (cases[c].GetProperty("smallest_margin").GetDouble() > ClearMargin)
            {
                var greedy = Ids(cases[c].GetProperty("greedy_ids"));
                Assert.Equal(greedy, CausalModelTests.Greedy(model, [prompt], greedy.Length)[0]);
            }
        }
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
