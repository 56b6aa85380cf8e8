using System.Text.Json.Nodes;
using GpuTransformer.Generation;
using GpuTransformer.Models;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Generation;

/// <summary>Generation over real models: recorded continuations, and caches that give what whole passes give.</summary>
public class GenerationFixtureTests
{
    [SkippableTheory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("llama3-rope")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gemma2")]
    public void Decoders_continue_as_recorded_in_one_batch(string name)
    {
        using var fixture = new Fixture(name);
        var expected = fixture.Recorded.ReadInt64("out.greedy_from_6").Select(id => (int)id).Chunk(18).ToArray();
        var found = fixture.Model.Generate([.. expected.Select(row => row[..6])], new() { MaxNewTokens = 12, EosTokenIds = [] });
        Assert.Equal(expected.Select(row => row[6..]), found.Select(result => result.Ids));
    }

    [SkippableTheory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("gemma2")]
    public void Beams_over_caches_are_the_beams_over_whole_passes(string name)
    {
        using var fixture = new Fixture(name);
        int[][] prompts = [[60, 30, 48, 64, 21, 37], [51], [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]];
        var options = new GenerationOptions
        {
            MaxNewTokens = 14,
            NumBeams = 4,
            NumReturnSequences = 3,
            EosTokenIds = [2, 25],
            NoRepeatNgramSize = 2,
            RepetitionPenalty = 1.2,
            EarlyStopping = EarlyStopping.True,
            OutputLogProbs = true,
        };
        var cached = fixture.Model.Generate(prompts, options);
        var whole = new FakeModel(fixture.Model.VocabularySize, fixture.LastLogits).Generate(options, prompts);
        Assert.Equal(whole.Select(r => r.Ids), cached.Select(r => r.Ids));
        for (var i = 0; i < whole.Length; i++)
        {
            Assert.Equal(whole[i].Score!.Value, cached[i].Score!.Value, 1e-4);
            Assert.Equal(whole[i].LogProbs!.Sum(), cached[i].LogProbs!.Sum(), 1e-3);
        }
    }

    [SkippableFact]
    public void Draws_are_the_same_in_any_batch()
    {
        using var fixture = new Fixture("llama");
        int[][] prompts = [[60, 30, 48, 64, 21, 37], [51], [7, 8, 9, 10]];
        var options = new GenerationOptions { DoSample = true, Seed = 42, TopK = 0, TopP = 0.95, MinP = 0.01, Temperature = 1.3, MaxNewTokens = 20 };
        var together = fixture.Model.Generate(prompts, options);
        var alone = Enumerable.Range(0, 3).SelectMany(i => fixture.Model.Generate([prompts[i]], [i], options, default));
        Assert.Equal(together.Select(r => r.Ids), alone.Select(r => r.Ids));
    }

    [Fact]
    public void A_stream_of_text_is_the_text()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = (GenerativeModel)TransformerModel.Load(Fixtures.Model("gpt2-shakespeare"), device);
        var options = new GenerationOptions { MaxNewTokens = 24 };
        var text = model.GenerateText("ROMEO.\nBut soft, what light", options);
        Assert.Equal(text, string.Concat(model.Stream("ROMEO.\nBut soft, what light", options).Select(token => token.Text)));
        Assert.True(text.Length > 20);

        // Bytes of letters come apart here, and never out of the stream as halves.
        var drawn = model.Stream("😀", options with { DoSample = true, Temperature = 5, TopK = 0, Seed = 1, MaxNewTokens = 60 }).ToArray();
        Assert.Contains(drawn, token => token.Text.Length == 0);
        var ids = model.Tokenizer.Encode("😀").Ids;
        Assert.Equal(
            model.Tokenizer.Decode([.. ids, .. drawn.Select(token => token.Id)])[2..], string.Concat(drawn.Select(token => token.Text)));
    }

    [SkippableFact]
    public void A_source_ends_with_the_stop_token_where_a_spm_alone_cuts_it()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["config.json", "generation_config.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(Fixtures.Folder("tiny/t5"), name), folder.File(name));
        }

        File.Copy(Path.Combine(Fixtures.Folder("tokenizers/sentencepiece-unigram"), "spiece.model"), folder.File("spiece.model"));
        using var device = ComputeDevice.Open("cpu");
        using var model = (GenerativeModel)TransformerModel.Load(folder.Path, device);
        Assert.Equal([.. model.Tokenizer.Encode("inside.").Ids, 1], model.Encode("inside."));
        Assert.Equal([model.Tokenizer.Encode("inside.").Ids[0], 1], model.Encode("inside.", longest: 2));
    }

    [SkippableFact]
    public void Speech_is_written_down_by_the_rules_of_its_folder()
    {
        var folder = Fixtures.Shared("real/whisper-tiny.en");
        using var device = ComputeDevice.Open("cpu");
        using var model = (EncoderDecoderModel)TransformerModel.Load(folder, device);
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!["cases"]!.AsArray();
        foreach (var name in recorded.Tensors.Keys.Where(key => key.StartsWith("mel.", StringComparison.Ordinal)))
        {
            var features = new HostTensor("input_features", recorded.ReadFloat32(name), 1, 80, 3000);
            var found = model.Generate(features, new() { ForcedDecoderIds = [(1, 50362)], MaxNewTokens = 60 })[0];
            var expected = cases.Single(c => (string)c!["file"]! == name[4..])!;
            Assert.Equal(expected["ids"]!.AsArray().Select(id => (int)id!), found.Ids);
            Assert.Equal((string)expected["text"]!, model.TargetTokenizer.Decode([.. found.Ids]));
            Assert.Equal(FinishReason.StopToken, found.FinishReason);
        }
    }

    private sealed class Fixture : IDisposable
    {
        private readonly ComputeDevice _device = ComputeDevice.Open("cpu");

        public Fixture(string name)
        {
            var folder = Fixtures.Folder($"tiny/{name}");
            Model = (GenerativeModel)TransformerModel.Load(folder, _device);
            Recorded = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        }

        public GenerativeModel Model { get; }

        public SafetensorsFile Recorded { get; }

        public float[] LastLogits(int[] ids)
        {
            var logits = Model.Forward(new ForwardInputs(
                new HostTensor("input_ids", [.. ids.Select(id => (long)id)], 1, ids.Length)))[0].Floats;
            return logits[^Model.VocabularySize..];
        }

        public void Dispose()
        {
            Recorded.Dispose();
            Model.Dispose();
            _device.Dispose();
        }
    }
}
