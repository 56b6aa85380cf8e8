using System.Text.Json;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>gputx generate and translate as a shell sees them: the JSON, word by word, and what bad input gets.</summary>
public sealed class GenerateTests
{
    [Fact]
    public async Task Ids_give_one_object_on_one_line_and_nothing_else()
    {
        var (code, output, error) = await Gputx.RunAsync("generate", "g2p", "--ids", "[[4,23,2],[5,6,7,2]]", "--device", "cpu");
        Assert.Equal((0, "{\"ids\":[[1,7,59,2],[1,21,42,57,42,23,41,2]]}\n", ""), (code, output, error));
    }

    [Fact]
    public async Task Answers_of_beams_stand_together_best_first_with_their_scores()
    {
        string[] arguments = ["generate", "g2p", "--ids", "[[4,23,2],[5,6,7,2]]", "--num-beams", "3", "--num-return-sequences", "2", "--early-stopping", "true", "--device", "cpu"];
        var (code, output, _) = await Gputx.RunAsync(arguments);
        Assert.Equal(0, code);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(["ids", "scores"], json.RootElement.EnumerateObject().Select(p => p.Name));
        var ids = json.RootElement.GetProperty("ids").EnumerateArray().Select(row => string.Join(',', row.EnumerateArray())).ToArray();
        var scores = json.RootElement.GetProperty("scores").EnumerateArray().Select(s => s.GetDouble()).ToArray();
        Assert.Equal(4, ids.Length);
        Assert.Equal(4, ids.Distinct().Count());
        Assert.True(scores[0] > scores[1] && scores[2] > scores[3]);
        Assert.Equal(("1,7,59,2", "1,21,42,57,42,23,41,2"), (ids[0], ids[2]));
    }

    [Fact]
    public async Task Flags_change_what_comes()
    {
        Assert.Equal("{\"ids\":[[1,7,59]]}\n", await Ids("--max-new-tokens", "2"));
        Assert.Equal("{\"ids\":[[1,7,59]]}\n", await Ids("--eos", "59,60"));
        Assert.Equal(25, (await Ids("--eos", "none")).Split(',').Length);
        Assert.Equal(await Ids("--eos", "none"), await Ids("--eos", "77777"));
        Assert.Equal("{\"ids\":[[1,7,59]]}\n", await Ids("--stop", "T"));
        Assert.StartsWith("{\"ids\":[[7,", await Ids("--decoder-start", "7"), StringComparison.Ordinal);
        Assert.Equal("{\"ids\":[[1,7,59,2]]}\n", await Ids("--pad", "0", "--ids", "[[0,0,4,23,2,0]]"));
        Assert.DoesNotContain("59", await Ids("--suppress-tokens", "59"));
        Assert.Equal(9, (await Ids("--min-new-tokens", "8", "--max-new-tokens", "8")).Split(',').Length);
        var drawn = await Ids("--do-sample", "--temperature", "3", "--top-k", "0", "--seed", "7", "--logprobs");
        Assert.Equal(drawn, await Ids("--do-sample", "--temperature", "3", "--top-k", "0", "--seed", "7", "--logprobs"));
        Assert.Contains("\"logprobs\":[[-", drawn);
    }

    [Fact]
    public async Task Texts_give_a_line_each_and_candidates_where_there_are_several()
    {
        var (code, output, _) = await Gputx.RunAsync("translate", "g2p", "attention", "softmax", "--device", "cpu");
        Assert.Equal(0, code);
        Assert.Equal("{\"ids\":[1,9,59,26,47,58,9,47,2],\"text\":\"AH0 T EH1 N SH AH0 N\"}", output.Split('\n')[0]);
        Assert.Equal(3, output.Split('\n').Length);
        (_, output, _) = await Gputx.RunAsync("translate", "g2p", "attention", "--num-beams", "3", "--num-return-sequences", "2", "--device", "cpu");
        using var json = JsonDocument.Parse(output);
        var candidates = json.RootElement.GetProperty("candidates").EnumerateArray().ToArray();
        Assert.Equal(2, candidates.Length);
        Assert.All(candidates, c => Assert.Equal(["ids", "text", "score"], c.EnumerateObject().Select(p => p.Name)));
        Assert.True(candidates[0].GetProperty("score").GetDouble() > candidates[1].GetProperty("score").GetDouble());
    }

    [Fact]
    public async Task The_model_that_answers_at_once_generates_too()
    {
        var (code, output, _) = await Gputx.RunAsync("generate", "g2p-nat", "attention", "--device", "cpu");
        Assert.Equal(0, code);
        Assert.Contains("\"text\":\"AH0 T EH1 N SH AH0 N\"", output);
    }

    [Theory]
    [InlineData(2, "--temperature", "--temperature", "0")]
    [InlineData(2, "--num-beams", "--num-beams", "0")]
    [InlineData(2, "--top-p", "--top-p", "1.5")]
    [InlineData(2, "--early-stopping", "--early-stopping", "often")]
    [InlineData(2, "--eos", "--eos", "2,x")]
    [InlineData(2, "--stop:", "--stop", "")]
    [InlineData(2, "--ids", "--ids", "[[1,2],[3")]
    [InlineData(2, "--ids", "--ids", "[]")]
    [InlineData(3, "num_return_sequences", "--num-return-sequences", "2")]
    [InlineData(3, "1024", "--max-new-tokens", "5000")]
    [InlineData(3, "source[0, 1]", "--ids", "[[4,999]]")]
    public async Task What_makes_no_sense_is_one_line_that_names_it(int code, string named, params string[] arguments)
    {
        string[] all = ["generate", "g2p", .. arguments.Contains("--ids") ? [] : (string[])["--ids", "[[4,23,2]]"], .. arguments, "--device", "cpu"];
        var (found, output, error) = await Gputx.RunAsync(all);
        Assert.True(found == code, $"exit code {found}, expected {code}: {error}");
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Equal("", output);
    }

    [Theory]
    [InlineData("generate", "bert-shakespeare", "BertForMaskedLM")]
    [InlineData("generate", "vit-fashion", "ViT")]
    [InlineData("translate", "gpt2-shakespeare", "GPT2LMHeadModel")]
    public async Task A_model_that_does_not_write_is_3(string command, string model, string named)
    {
        var (code, _, error) = await Gputx.RunAsync(command, model, "hello", "--device", "cpu");
        Assert.Equal(3, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_that_is_cut_leaves_room_for_an_answer()
    {
        var text = string.Join(' ', Enumerable.Repeat("morrow", 600));
        var (code, _, error) = await Gputx.RunAsync("generate", "gpt2-shakespeare", text, "--device", "cpu");
        Assert.Equal(3, code);
        Assert.Contains("--truncate", error, StringComparison.Ordinal);
        (code, var output, error) = await Gputx.RunAsync("generate", "gpt2-shakespeare", text, "--truncate", "--eos", "none", "--device", "cpu");
        Assert.True(code == 0, error);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(20, json.RootElement.GetProperty("ids").GetArrayLength());
    }

    [Fact]
    public async Task A_length_without_room_for_a_prompt_is_named()
    {
        var (code, _, error) = await Gputx.RunAsync("generate", "gpt2-shakespeare", "ROMEO", "--max-length", "1", "--device", "cpu");
        Assert.Equal(3, code);
        Assert.Contains("max_length 1:", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_tokenizer_is_no_fault_of_a_text()
    {
        using var folder = new ModelFolder("gpt2-shakespeare");
        var (code, output, error) = await Gputx.RunAsync("generate", folder.Path, "one", "two", "--keep-going", "--device", "cpu");
        Assert.Equal((3, ""), (code, output));
        Assert.StartsWith($"gputx: {folder.Path}: expected one of tokenizer.json", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    private static async Task<string> Ids(params string[] arguments)
    {
        string[] all = ["generate", "g2p", .. arguments.Contains("--ids") ? [] : (string[])["--ids", "[[4,23,2]]"], .. arguments, "--device", "cpu"];
        var (code, output, error) = await Gputx.RunAsync(all);
        Assert.True(code == 0, error);
        return output;
    }
}
