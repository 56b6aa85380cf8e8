using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>What every text command does with its inputs and outputs, through the program itself.</summary>
public class TextFrameTests
{
    private const string Model = "bert-shakespeare";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Arguments_are_inputs_each()
    {
        var (code, output, error) = await Gputx.RunAsync(
            "tokens", Model, "good morrow", "", "@file", """{"text": "a", "pair": "b"}""", """{"text": 1}""");
        Assert.True(code == 0, error);
        var answers = Answers(output);
        Assert.Equal(5, answers.Length);
        Assert.Equal(["[CLS]", "good", "morrow", "[SEP]"], Tokens(answers[0]));
        Assert.Equal(["[CLS]", "[SEP]"], Tokens(answers[1]));
        Assert.Equal(["[CLS]", "a", "[SEP]", "b", "[SEP]"], Tokens(answers[3]));
        Assert.Equal([0, 0, 0, 1, 1], answers[3].GetProperty("type_ids").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Contains("{", Tokens(answers[4]));
    }

    [Fact]
    public async Task A_file_and_standard_input_are_the_same_lines()
    {
        var bytes = "\uFEFFgood\r\n\r\n{\"text\": \"lord\"}\nlast"u8.ToArray();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, bytes);
            var fromFile = await Gputx.RunAsync("tokens", Model, "--file", file);
            var fromInput = await Gputx.RunWithInputAsync(bytes, "tokens", Model);
            Assert.Equal((0, ""), (fromFile.Code, fromFile.Error));
            Assert.Equal(fromFile, fromInput);
            Assert.Equal(["good", "", "lord", "last"], Answers(fromFile.Output).Select(a => string.Join(' ', Tokens(a)[1..^1])));
            Assert.Equal(fromFile, await Gputx.RunWithInputAsync(bytes, "tokens", Model, "--file", "-"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_first_bad_line_stops_after_the_answers_before_it()
    {
        byte[] bytes = [.. "good\nlord\nab"u8, 0xFF, .. "\nmore\n"u8];
        var (code, output, error) = await Gputx.RunWithInputAsync(bytes, "tokens", Model);
        Assert.Equal(3, code);
        Assert.Equal(2, Answers(output).Length);
        Assert.Equal("gputx: line 3: byte 3 (0xFF) is not UTF-8\n", error);
    }

    [Fact]
    public async Task Keep_going_puts_the_error_in_the_bad_lines_place()
    {
        byte[] bytes = [.. "good\nab"u8, 0xFF, .. "\n{\"text\": 1}\n{\"text\": \"lord\"}\n\n"u8];
        var (code, output, error) = await Gputx.RunWithInputAsync(bytes, "tokens", Model, "--keep-going", "--input", "jsonl");
        Assert.Equal((3, ""), (code, error));
        var answers = Answers(output);
        Assert.Equal(5, answers.Length);
        Assert.Equal("line 1: not valid JSON at byte 1", answers[0].GetProperty("error").GetString());
        Assert.Equal("line 2: byte 3 (0xFF) is not UTF-8", answers[1].GetProperty("error").GetString());
        Assert.Equal("line 3: \"text\" is not a string", answers[2].GetProperty("error").GetString());
        Assert.Equal(["[CLS]", "lord", "[SEP]"], Tokens(answers[3]));
        Assert.Equal(["[CLS]", "[SEP]"], Tokens(answers[4]));
    }

    [Fact]
    public async Task Batches_keep_the_order_and_change_no_answer()
    {
        var random = new Random(3);
        var words = new[] { "good", "my", "lord", "king", "the", "morrow", "love" };
        var lines = Enumerable.Range(0, 150).Select(_ => string.Join(' ', random.GetItems(words, random.Next(0, 40)))).ToArray();
        var input = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        var together = await Gputx.RunWithInputAsync(input, "embed", Model, "--device", "cpu", "--batch", "16");
        var alone = await Gputx.RunWithInputAsync(input, "embed", Model, "--device", "cpu", "--batch", "1");
        Assert.Equal((0, ""), (together.Code, together.Error));
        Assert.Equal(150, Answers(together.Output).Length);
        Assert.Equal(alone.Output, together.Output);
    }

    [Fact]
    public async Task A_bad_line_in_the_middle_of_batches_is_found_before_and_after_it_runs()
    {
        var lines = Enumerable.Range(0, 40).Select(i => i == 25 ? string.Join(' ', Enumerable.Repeat("love", 500)) : "my lord").ToArray();
        var input = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        var stopped = await Gputx.RunWithInputAsync(input, "embed", Model, "--device", "cpu", "--batch", "4");
        Assert.Equal(3, stopped.Code);
        Assert.Equal(25, Answers(stopped.Output).Length);
        Assert.Contains("line 26: a text of 502 tokens, the model takes 128", stopped.Error, StringComparison.Ordinal);
        var kept = await Gputx.RunWithInputAsync(input, "embed", Model, "--device", "cpu", "--batch", "4", "--keep-going");
        Assert.Equal((3, ""), (kept.Code, kept.Error));
        Assert.Equal(40, Answers(kept.Output).Length);
        Assert.Equal([25], Answers(kept.Output).Index().Where(a => a.Item.TryGetProperty("error", out _)).Select(a => a.Index));
        var cut = await Gputx.RunWithInputAsync(input, "embed", Model, "--device", "cpu", "--truncate");
        Assert.Equal((0, ""), (cut.Code, cut.Error));
    }

    [Fact]
    public async Task Output_is_lines_that_end_with_LF_alone_whatever_is_in_a_string()
    {
        var (code, output, error) = await Gputx.RunAsync(
            "decode", Model, "[230]", "--json");
        Assert.Equal((0, "{\"text\":\"good\"}\n"), (code, output));
        Assert.Equal("", error);
        using var folder = ModelFolder.Copy(Fixtures.Model(Model));
        var tokenizer = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(folder.At("tokenizer.json")))!;
        tokenizer["added_tokens"]!.AsArray().Add(new System.Text.Json.Nodes.JsonObject
        {
            ["id"] = 4096,
            ["content"] = "x\n\r\t\u2028\u2029\u0085\u001b\"\\😀é漢\0",
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = false,
        });
        await File.WriteAllTextAsync(folder.At("tokenizer.json"), tokenizer.ToJsonString());
        (code, output, error) = await Gputx.RunAsync("decode", folder.Path, "[4096]");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal("""{"text":"x\n\r\t\u2028\u2029\u0085\u001b\"\\😀é漢\u0000"}""" + "\n", output);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_breaks_nothing()
    {
        var (code, output, error) = await Gputx.RunWithInputAsync("{\"text\": \"my \\ud800 lord\"}\n"u8.ToArray(), "tokens", Model);
        Assert.Equal((0, ""), (code, error));
        Assert.Equal("lord", Tokens(Answers(output).Single())[^2]);
    }

    [Fact]
    public async Task An_answer_goes_out_before_the_next_line_comes()
    {
        using var process = Gputx.Start("tokens", Model);
        foreach (var word in new[] { "good", "lord" })
        {
            await process.StandardInput.WriteLineAsync(word);
            await process.StandardInput.FlushAsync();
            var answer = await process.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
            Assert.Equal(word, Tokens(JsonDocument.Parse(answer!).RootElement)[1]);
        }

        process.StandardInput.Close();
        Assert.Null(await process.StandardOutput.ReadLineAsync().WaitAsync(s_patience));
        await process.WaitForExitAsync().WaitAsync(s_patience);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Endless_input_ends_when_nobody_reads_any_more()
    {
        using var process = Gputx.Start("tokens", Model);
        var feeding = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    await process.StandardInput.BaseStream.WriteAsync("the king , my lord\n"u8.ToArray());
                }
            }
            catch (IOException)
            {
            }
        });
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(7, Tokens(JsonDocument.Parse((await process.StandardOutput.ReadLineAsync().WaitAsync(s_patience))!).RootElement).Length);
        }

        process.StandardOutput.Close();
        await process.WaitForExitAsync().WaitAsync(s_patience);
        await feeding.WaitAsync(s_patience);
        Assert.Equal(0, process.ExitCode);
        Assert.Equal("", await process.StandardError.ReadToEndAsync());
    }

    [SkippableFact]
    public async Task An_interrupt_is_130_and_leaves_whole_lines()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no SIGINT to send");
        using var process = Gputx.Start("tokens", Model);
        await process.StandardInput.WriteAsync("good\nlord\n");
        await process.StandardInput.FlushAsync();
        var first = await process.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        await process.WaitForExitAsync().WaitAsync(s_patience);
        Assert.Equal(130, process.ExitCode);
        Assert.Equal("gputx: interrupted\n", await process.StandardError.ReadToEndAsync());
        Assert.All(Answers(first + "\n" + await process.StandardOutput.ReadToEndAsync()), answer => Assert.Equal(3, Tokens(answer).Length));
    }

    [Theory]
    [InlineData("--batch", "0")]
    [InlineData("--batch", "x")]
    [InlineData("--input", "xml")]
    [InlineData("--file", "some.txt", "text")]
    [InlineData("--max-length", "0")]
    [InlineData("--special", "--split-special")]
    [InlineData("--threads", "0")]
    public async Task Wrong_usage_is_2(params string[] arguments)
    {
        var (code, output, error) = await Gputx.RunAsync(["tokens", Model, .. arguments]);
        Assert.True(code == 2, error);
        Assert.Equal("", output);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_3()
    {
        var (code, _, error) = await Gputx.RunAsync("tokens", Model, "--file", "nowhere.txt");
        Assert.Equal(3, code);
        Assert.Contains("nowhere.txt", error, StringComparison.Ordinal);
    }

    private static JsonElement[] Answers(string output)
    {
        Assert.True(output.Length == 0 || output.EndsWith('\n'));
        return [.. output.Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static string[] Tokens(JsonElement answer) => [.. answer.GetProperty("tokens").EnumerateArray().Select(e => e.GetString()!)];
}
