using System.Text.Json.Nodes;
using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Cli;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Whisper on features: recorded speech, decoding token by token, and configs.</summary>
public class WhisperTests
{
    /// <summary>The recorded features were rounded to float16, of about 3 digits; the recorded answer was not.</summary>
    private const double RoundedFeatures = 1e-3;

    [SkippableFact]
    public void Recorded_speech_is_heard_as_pytorch_heard_it()
    {
        var folder = Fixtures.Shared("real/whisper-tiny.en");
        using var device = ComputeDevice.Open("cpu");
        using var model = (Whisper)TransformerModel.Load(folder, device);
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        var options = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "generation_config.json")))!;
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!["cases"]!.AsArray();
        var heard = 0;
        foreach (var file in recorded.Tensors.Keys.Where(k => k.StartsWith("mel.", StringComparison.Ordinal)).Select(k => k[4..]))
        {
            var features = new HostTensor("input_features", recorded.ReadFloat32($"mel.{file}"), 1, 80, 3000);
            var expected = cases.Single(c => (string)c!["file"]! == file)!["ids"]!.AsArray().Select(id => (int)id!).ToArray();
            Assert.Equal(expected, Greedy(model, features, expected[..2], options));
            var memory = model.Forward(new ForwardInputs(
                features, new HostTensor("decoder_input_ids", [50257], 1, 1))).Single(o => o.Name == "encoder_last_hidden_state").Floats;
            var encoder = recorded.ReadFloat32($"encoder.{file}");
            var largest = encoder.Max(Math.Abs);
            Assert.All(encoder.Zip(memory), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, RoundedFeatures * largest));
            heard++;
        }

        Assert.Equal(2, heard);
    }

    [SkippableFact]
    public void Spoken_digits_are_heard()
    {
        var folder = Fixtures.Shared("models/speech-digits");
        using var device = ComputeDevice.Open("cpu");
        using var model = (Whisper)TransformerModel.Load(folder, device);
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        var logits = model.Forward(new ForwardInputs(
            new HostTensor("input_features", recorded.ReadFloat32("mel"), 1, 80, 300),
            new HostTensor("decoder_input_ids", [11, 3], 1, 2))).Single(o => o.Name == "logits").Floats;
        var expected = recorded.ReadFloat32("logits");
        Assert.All(expected.Zip(logits), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 2e-5 * expected.Max(Math.Abs)));
    }

    [SkippableFact]
    public void Tokens_one_by_one_give_the_logits_of_all_at_once()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = (Whisper)TransformerModel.Load(Fixtures.Folder("tiny/whisper"), device);
        var inputs = ForwardInputs.Read(Path.Combine(Fixtures.Folder("tiny/whisper"), "io.safetensors"));
        var ids = inputs.Require("decoder_input_ids").Integers.Select(id => (int)id).Chunk(6).ToArray();
        var all = model.Forward(inputs).Single(o => o.Name == "logits").Floats;
        using var decoding = model.Start(new DecodingRequest([.. ids.Select(row => row[..1])], 2, 6)
        {
            Features = inputs.Require("input_features"),
        });
        for (var step = 0; step < 6; step++)
        {
            for (var s = 0; s < 2; s++)
            {
                Assert.Equal(all[((s * 6 + step) * 103)..((s * 6 + step + 1) * 103)], decoding.Logits(s).ToArray());
            }

            if (step < 5)
            {
                decoding.Append([ids[0][step + 1], ids[1][step + 1]]);
            }
        }
    }

    [SkippableFact]
    public void A_stored_head_is_used_whether_or_not_the_config_ties_it()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/whisper"));
        Assert.Contains(Logits(folder), value => value != 0);
        folder.AddWeights(w => w.Add("proj_out.weight", new float[103 * 32], 103, 32));
        Assert.All(Logits(folder), value => Assert.Equal(0, value));
        folder.ChangeConfig(c => c["tie_word_embeddings"] = false);
        Assert.All(Logits(folder), value => Assert.Equal(0, value));
    }

    [SkippableTheory]
    [InlineData("activation_function", "celu")]
    [InlineData("decoder_attention_heads", 5)]
    [InlineData("architectures", "WhisperForAudioClassification")]
    [InlineData("is_decoder", true)]
    public void Keys_that_are_not_honoured_are_refused_by_name(string key, object value)
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/whisper"));
        folder.ChangeConfig(c => c[key] = value is bool b ? b : value is int i ? i : key == "architectures" ? new JsonArray((string)value) : (string)value);
        using var device = ComputeDevice.Open("cpu");
        var error = Assert.Throws<InputException>(() => TransformerModel.Load(folder.Path, device));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Features_of_another_length_are_refused()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(Fixtures.Folder("tiny/whisper"), device);
        var error = Assert.Throws<InputException>(() => model.Forward(new ForwardInputs(
            new HostTensor("input_features", new float[20 * 58], 1, 20, 58), new HostTensor("decoder_input_ids", [3], 1, 1))));
        Assert.Contains("input_features", error.Message, StringComparison.Ordinal);
        Assert.Contains("60", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The largest logit that generation_config.json does not suppress; timestamps are left out, as recorded.</summary>
    private static List<int> Greedy(Whisper model, HostTensor features, int[] prompt, JsonNode options)
    {
        HashSet<int> Ids(string key) => [.. options[key]!.AsArray().Select(id => (int)id!)];
        var (never, notFirst) = (Ids("suppress_tokens"), Ids("begin_suppress_tokens"));
        var timestamps = (int)options["no_timestamps_token_id"]!;
        using var decoding = model.Start(new DecodingRequest([prompt], 1, model.MaxTargetLength) { Features = features });
        var ids = new List<int>(prompt);
        while (ids[^1] != 50256 && ids.Count < model.MaxTargetLength)
        {
            var logits = decoding.Logits(0);
            for (var i = 0; i < logits.Length; i++)
            {
                if (i > timestamps || never.Contains(i) || (ids.Count == prompt.Length && notFirst.Contains(i)))
                {
                    logits[i] = float.NegativeInfinity;
                }
            }

            ids.Add(ArgMax.Of(logits));
            decoding.Append([ids[^1]]);
        }

        return ids;
    }

    private static float[] Logits(ModelFolder folder)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder.Path, device);
        return model.Forward(ForwardInputs.Read(Path.Combine(Fixtures.Folder("tiny/whisper"), "io.safetensors"))).Single(o => o.Name == "logits").Floats;
    }
}
