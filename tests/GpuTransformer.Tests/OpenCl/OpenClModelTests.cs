using System.Text.Json;
using GpuTransformer.Generation;
using GpuTransformer.Models;
using GpuTransformer.Tests.Cli;
using Xunit;

namespace GpuTransformer.Tests.OpenCl;

/// <summary>Whole models through the group kernels of an OpenCL device, against what PyTorch and transformers answered.
/// How to run them: <see cref="OpenClDevice"/>.</summary>
public sealed class OpenClModelTests(OpenClDevice opened) : IClassFixture<OpenClDevice>
{
    private const string Absent = "absent";

    /// <summary>Every recorded model.</summary>
    public static TheoryData<string> Models => new(Fixtures.Names("tiny").DefaultIfEmpty(Absent));

    /// <summary>Those with a recorded continuation.</summary>
    public static TheoryData<string, string> Continuations => Recorded("out.greedy_from_6", "out.greedy8", "out.greedy10");

    /// <summary>Those with recorded beams.</summary>
    public static TheoryData<string, string> Beams => Recorded("out.beam4");

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Outputs_are_those_recorded(string name)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        using var model = TransformerModel.Load(folder, opened.Device);
        using var recorded = new RecordedAnswers(folder);
        recorded.Compare(model);
    }

    [SkippableTheory]
    [MemberData(nameof(Continuations))]
    public void Continuations_are_those_recorded(string name, string tensor)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        using var model = (GenerativeModel)TransformerModel.Load(folder, opened.Device);
        using var recorded = new RecordedAnswers(folder);
        if (tensor == "out.greedy10")
        {
            // The recorded row begins with the start token, as the model's own answers do.
            recorded.Compare(tensor, model.Generate(recorded.Sources(), new() { MaxNewTokens = 10, MinNewTokens = 10 }));
            return;
        }

        var isPrompt = tensor == "out.greedy8";
        var prompts = isPrompt ? recorded.Sources() : [.. recorded.Ids(tensor).Select(row => row[..6])];
        var skip = isPrompt ? recorded.Ids("in.input_ids")[0].Length : 6;
        var options = new GenerationOptions { MaxNewTokens = recorded.Ids(tensor)[0].Length - skip, EosTokenIds = [] };
        recorded.Compare(tensor, model.Generate(prompts, options), skip);
    }

    [SkippableTheory]
    [MemberData(nameof(Beams))]
    public void Beams_are_those_recorded(string name, string tensor)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        using var model = (GenerativeModel)TransformerModel.Load(folder, opened.Device);
        using var recorded = new RecordedAnswers(folder);
        var sources = recorded.Sources();
        var options = new GenerationOptions { NumBeams = 4, LengthPenalty = 1, EarlyStopping = EarlyStopping.False, MaxNewTokens = 10 };
        recorded.Compare(tensor, model.Generate(sources, options));
        var several = model.Generate(sources, new GenerationOptions
        {
            NumBeams = 5,
            NumReturnSequences = 3,
            LengthPenalty = 0.6,
            EarlyStopping = EarlyStopping.True,
            NoRepeatNgramSize = 2,
            MaxNewTokens = 12,
        });
        recorded.Compare("out.nbest", several);
        var scores = recorded.Floats("out.nbest_scores");
        Assert.All(several.Zip(scores), pair => Assert.InRange(pair.First.Score!.Value, pair.Second - 1e-4, pair.Second + 1e-4));
    }

    [SkippableFact]
    public void Beams_of_a_decoder_are_those_of_the_processor()
    {
        var folder = Fixtures.Folder("tiny/gpt2");
        int[][] prompts = [[60, 30, 48, 64, 21, 37], [51], [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]];
        var options = new GenerationOptions { MaxNewTokens = 14, NumBeams = 4, NumReturnSequences = 3, EosTokenIds = [2, 25] };
        using var model = (GenerativeModel)TransformerModel.Load(folder, opened.Device);
        using var processor = ComputeDevice.Open("cpu");
        using var same = (GenerativeModel)TransformerModel.Load(folder, processor);
        var (found, expected) = (model.Generate(prompts, options), same.Generate(prompts, options));
        Assert.Equal(expected.Select(answer => answer.Ids), found.Select(answer => answer.Ids));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Score!.Value, pair.Second.Score!.Value, 1e-4));
    }

    /// <summary>Encoder and decoder are two sessions over one store of keys, on a device whose streams do not wait for each
    /// other: a decoder that starts too early reads keys of the text before.</summary>
    [SkippableTheory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void A_decoder_waits_for_its_encoder(string name)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        using var model = (GenerativeModel)TransformerModel.Load(folder, opened.Device);
        using var recorded = new RecordedAnswers(folder);
        int[][][] batches = [recorded.Sources(), [[5, 9, 7, 1]], [.. recorded.Sources().Reverse()], [.. Enumerable.Range(2, 6).Select(n => Enumerable.Range(3, 7 * n).ToArray())]];
        var first = batches.Select(batch => FirstLogits(model, batch)).ToArray();
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < batches.Length; i++)
            {
                Assert.Equal(first[i], FirstLogits(model, batches[i]));
            }
        }
    }

    [SkippableFact]
    public async Task The_demo_runs_every_shipped_model_as_recorded()
    {
        _ = opened.Device;
        var picture = Path.Combine(Path.GetTempPath(), $"gputx-{Guid.NewGuid():N}.svg");
        try
        {
            var (code, output, error) = await Gputx.RunAsync(
                "demo", "--json", "--device", "opencl", "--variant", "group", "--picture", picture);
            Assert.True(code == 0, error);
            var models = JsonDocument.Parse(output).RootElement.GetProperty("models").EnumerateArray().ToArray();
            Assert.Equal(Fixtures.ShippedModels, models.Select(model => model.GetProperty("model").GetString()).Order());
            Assert.All(models, model => Assert.True(model.GetProperty("equal").GetBoolean(), model.ToString()));
            Assert.True(File.Exists(picture));
        }
        finally
        {
            File.Delete(picture);
        }
    }

    private static float[] FirstLogits(GenerativeModel model, int[][] sources)
    {
        using var decoding = model.Start(
            new DecodingRequest([.. sources.Select(_ => new[] { 0 })], sources.Length, 4) { Sources = sources });
        return [.. Enumerable.Range(0, sources.Length).SelectMany(s => decoding.Logits(s).ToArray())];
    }

    private static TheoryData<string, string> Recorded(params string[] tensors)
    {
        var data = new TheoryData<string, string>();
        foreach (var name in Fixtures.Names("tiny"))
        {
            using var recorded = new RecordedAnswers(Fixtures.Folder($"tiny/{name}"));
            foreach (var tensor in tensors.Where(recorded.Has))
            {
                data.Add(name, tensor);
            }
        }

        if (!data.Any())
        {
            data.Add(Absent, Absent);
        }

        return data;
    }
}
