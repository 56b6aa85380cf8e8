using System.Text;
using System.Text.Json.Nodes;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>tokens, decode, embed, fill-mask, classify and ner through the program itself.</summary>
public class TaskCommandTests
{
    private const string Model = "bert-shakespeare";

    [SkippableTheory]
    [InlineData("bert-uncased")]
    [InlineData("gpt2")]
    public async Task Tokens_are_Hugging_Faces_and_decode_is_their_inverse(string name)
    {
        var folder = Fixtures.Folder($"tokenizers/{name}");
        var cases = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "cases.json")))!["cases"]!.AsArray();
        var input = Encoding.UTF8.GetBytes(string.Concat(cases.Select(c => new JsonObject { ["text"] = c!["text"]!.GetValue<string>() }.ToJsonString() + "\n")));
        var (code, output, error) = await Gputx.RunWithInputAsync(input, "tokens", folder, "--offsets", "codepoints");
        Assert.Equal((0, ""), (code, error));
        var answers = Answers(output);
        Assert.Equal(cases.Count, answers.Length);
        foreach (var (expected, answer) in cases.Zip(answers))
        {
            Assert.Equal(Ids(expected!["ids"]!), Ids(answer["ids"]!));
            if (expected["offsets"] is { } offsets)
            {
                Assert.True(JsonNode.DeepEquals(offsets, answer["offsets"]), expected["text"]!.ToJsonString());
            }
        }

        var plain = await Gputx.RunWithInputAsync(input, "tokens", folder, "--no-special");
        Assert.All(cases.Zip(Answers(plain.Output)), pair => Assert.Equal(Ids(pair.First!["plain_ids"]!), Ids(pair.Second["ids"]!)));
        var decoded = await Gputx.RunWithInputAsync(Encoding.UTF8.GetBytes(output), "decode", folder);
        Assert.Equal((0, ""), (decoded.Code, decoded.Error));
        Assert.All(cases.Zip(Answers(decoded.Output)), pair => Assert.Equal(pair.First!["decoded"]!.GetValue<string>(), pair.Second["text"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Truncation_and_padding_act_only_when_asked_for()
    {
        using var folder = ModelFolder.Copy(Fixtures.Model(Model));
        var tokenizer = JsonNode.Parse(await File.ReadAllTextAsync(folder.At("tokenizer.json")))!;
        tokenizer["truncation"] = JsonNode.Parse("""{"direction": "Left", "max_length": 4, "strategy": "LongestFirst", "stride": 0}""");
        tokenizer["padding"] = JsonNode.Parse(
            """{"strategy": {"Fixed": 9}, "direction": "Left", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}""");
        await File.WriteAllTextAsync(folder.At("tokenizer.json"), tokenizer.ToJsonString());
        const string text = "good my lord and king";
        Assert.Equal("[CLS] good my lord and king [SEP]", await Tokens(folder.Path, text));
        Assert.Equal("[CLS] lord and king [SEP]", await Tokens(folder.Path, text, "--max-length", "5"));
        Assert.Equal("[PAD] [PAD] [CLS] good my lord and king [SEP]", await Tokens(folder.Path, text, "--padding"));
        Assert.Equal("[PAD] [PAD] [PAD] [PAD] [CLS] lord and king [SEP]", await Tokens(folder.Path, text, "--padding", "--max-length", "5"));
        await File.WriteAllTextAsync(folder.At("tokenizer_config.json"), """{"model_max_length": 4}""");
        Assert.Equal("[CLS] and king [SEP]", await Tokens(folder.Path, text, "--truncate"));

        var (code, output, error) = await Gputx.RunAsync("tokens", Model, "good", "my good lord", "--padding");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(["[1,1,1,0,0]", "[1,1,1,1,1]"], Answers(output).Select(a => a["attention_mask"]!.ToJsonString()));
        Assert.Equal([2, 230, 3, 0, 0], Ids(Answers(output)[0]["ids"]!));
    }

    [Fact]
    public async Task Special_tokens_in_a_text_are_tokens_or_text_as_asked_for()
    {
        Assert.Equal("[CLS] a [MASK] [SEP]", await Tokens(Model, "a [MASK]"));
        Assert.Equal("[CLS] a [MASK] [SEP]", await Tokens(Model, "a [MASK]", "--special"));
        Assert.Equal("[CLS] a [ mask ] [SEP]", await Tokens(Model, "a [MASK]", "--split-special"));
    }

    [Theory]
    [InlineData("[4096]", "4096")]
    [InlineData("[-1]", "-1")]
    [InlineData("[1.5]", "id 0")]
    [InlineData("{\"id\": [1]}", "ids")]
    [InlineData("[1", "byte")]
    [InlineData("1", "ids")]
    [InlineData("[1] [2]", "byte")]
    public async Task Ids_that_are_none_are_a_bad_line(string line, string named)
    {
        var (code, output, error) = await Gputx.RunAsync("decode", Model, "[230]", line);
        Assert.Equal((3, "{\"text\":\"good\"}\n"), (code, output));
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.StartsWith("gputx: argument 2: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decode_skips_special_tokens_unless_they_are_to_be_kept()
    {
        var (_, output, _) = await Gputx.RunAsync("decode", Model, "[2, 230, 3]", "{\"ids\": [230]}", "");
        Assert.Equal(["good", "good", ""], Answers(output).Select(a => a["text"]!.GetValue<string>()));
        (_, output, _) = await Gputx.RunAsync("decode", Model, "[2, 230, 3]", "--keep-special");
        Assert.Equal("[CLS] good [SEP]", Answers(output).Single()["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task Fill_mask_fills_every_mask_and_no_other_special_token()
    {
        var (code, output, error) = await Gputx.RunAsync(
            "fill-mask", Model, "good [MASK] , my lord", "my [MASK] [MASK] [SEP]", "none", "--top-k", "3", "--keep-going", "--device", "cpu");
        Assert.Equal((3, ""), (code, error));
        var answers = Answers(output);
        var first = answers[0]["masks"]![0]!.AsArray();
        Assert.Equal(["morrow", "lord", "madam"], first.Select(f => f!["token"]!.GetValue<string>()));
        Assert.Equal(917, first[0]!["id"]!.GetValue<int>());
        Assert.Equal(0.2459, first[0]!["score"]!.GetValue<double>(), 1e-4);
        Assert.Equal([3, 3], answers[1]["masks"]!.AsArray().Select(m => m!.AsArray().Count));
        Assert.Contains("[MASK]", answers[2]["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_gives_a_softmax_or_a_sigmoid_of_each()
    {
        using var folder = Headed("BertForSequenceClassification", ["sad", "glad", "mad"], pooled: true);
        var logits = Logits(folder, "good my lord");
        var softmax = logits.Select(l => Math.Exp(l) / logits.Sum(x => Math.Exp(x))).ToArray();
        var labels = Answers((await Gputx.RunAsync("classify", folder.Path, "good my lord", "--device", "cpu")).Output).Single()["labels"]!.AsArray();
        var order = Enumerable.Range(0, 3).OrderByDescending(i => logits[i]).ToArray();
        Assert.Equal(order.Select(i => new[] { "sad", "glad", "mad" }[i]), labels.Select(l => l!["label"]!.GetValue<string>()));
        Assert.All(order.Zip(labels), pair => Assert.Equal(softmax[pair.First], pair.Second!["score"]!.GetValue<double>(), 1e-6));

        folder.ChangeConfig(config => config["problem_type"] = "multi_label_classification");
        var (code, output, error) = await Gputx.RunAsync("classify", folder.Path, "good my lord", "--top-k", "1", "--device", "cpu");
        Assert.Equal((0, ""), (code, error));
        var only = Answers(output).Single()["labels"]!.AsArray().Single()!;
        Assert.Equal(1 / (1 + Math.Exp(-logits[order[0]])), only["score"]!.GetValue<double>(), 1e-6);
    }

    [Fact]
    public async Task Ner_counts_in_the_units_that_are_asked_for()
    {
        using var folder = Headed("BertForTokenClassification", ["A", "B"], pooled: false);
        const string text = "good 😀 my lord";
        var utf16 = Answers((await Gputx.RunAsync("ner", folder.Path, text, "--device", "cpu")).Output).Single()["entities"]!.AsArray();
        var points = Answers((await Gputx.RunAsync("ner", folder.Path, text, "--offsets", "codepoints", "--device", "cpu")).Output).Single()["entities"]!.AsArray();
        Assert.Equal(0, utf16[0]!["start"]!.GetValue<int>());
        Assert.Equal(text.Length, utf16[^1]!["end"]!.GetValue<int>());
        Assert.Equal(text.Length - 1, points[^1]!["end"]!.GetValue<int>());
        Assert.All(utf16, e => Assert.Equal(text[e!["start"]!.GetValue<int>()..e["end"]!.GetValue<int>()], e["text"]!.GetValue<string>()));
        Assert.Equal(utf16.Select(e => e!["text"]!.GetValue<string>()), points.Select(e => e!["text"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("classify", "sequence classification")]
    [InlineData("ner", "token classification")]
    public async Task A_model_without_the_head_is_refused(string command, string named)
    {
        var (code, _, error) = await Gputx.RunAsync(command, Model, "text", "--device", "cpu");
        Assert.Equal(3, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokens")]
    [InlineData("decode")]
    [InlineData("embed")]
    [InlineData("fill-mask")]
    [InlineData("classify")]
    [InlineData("ner")]
    public async Task Help_has_an_example(string command)
    {
        var (code, output, _) = await Gputx.RunAsync(command, "--help");
        Assert.Equal(0, code);
        Assert.Contains($"Example: gputx {command} ", output, StringComparison.Ordinal);
    }

    private static async Task<string> Tokens(string folder, string text, params string[] options)
    {
        var (code, output, error) = await Gputx.RunAsync(["tokens", folder, text, .. options]);
        Assert.True(code == 0, error);
        return string.Join(' ', Answers(output).Single()["tokens"]!.AsArray().Select(t => t!.GetValue<string>()));
    }

    /// <summary>The shipped BERT with another head, of random weights.</summary>
    private static ModelFolder Headed(string architecture, string[] labels, bool pooled)
    {
        var folder = ModelFolder.Copy(Fixtures.Model(Model));
        folder.ChangeConfig(config =>
        {
            config["architectures"] = new JsonArray(architecture);
            config["id2label"] = new JsonObject(labels.Index().Select(l => KeyValuePair.Create($"{l.Index}", (JsonNode?)l.Item)));
        });
        var random = new Random(8);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) / 2)];
        folder.AddWeights(("classifier.weight", Values(labels.Length * 160), [labels.Length, 160]), ("classifier.bias", Values(labels.Length), [labels.Length]));
        if (pooled)
        {
            folder.AddWeights(("bert.pooler.dense.weight", Values(160 * 160), [160, 160]), ("bert.pooler.dense.bias", Values(160), [160]));
        }

        return folder;
    }

    private static float[] Logits(ModelFolder folder, string text)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder.Path, device);
        var ids = model.Tokenizer.Encode(text).Ids.Select(id => (long)id).ToArray();
        return model.Forward(new ForwardInputs(new HostTensor("input_ids", ids, 1, ids.Length))).Single().Floats;
    }

    private static JsonNode[] Answers(string output) => [.. output.Split('\n')[..^1].Select(line => JsonNode.Parse(line)!)];

    private static int[] Ids(JsonNode ids) => [.. ids.AsArray().Select(id => id!.GetValue<int>())];
}
