using System.Text.Json;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>gputx neighbours as a user runs it.</summary>
public sealed class NeighboursTests
{
    [Fact]
    public async Task Words_and_sums_are_answered_a_line_each()
    {
        var (code, output, error) = await Gputx.RunAsync(
            "neighbours", "word2vec-shakespeare", "king", "love", "--analogy", "brother-he+she", "--top-k", "2");
        Assert.Equal((0, ""), (code, error));
        var lines = output.Split('\n');
        Assert.Equal(4, lines.Length);
        AssertAnswer(lines[0], "analogy", "brother-he+she", "sister", "daughter");
        AssertAnswer(lines[1], "word", "king", "plantagenet", "louis");
        AssertAnswer(lines[2], "word", "love", "hate", "respect");
    }

    [Fact]
    public async Task An_unknown_word_is_3_and_named()
    {
        var (code, output, error) = await Gputx.RunAsync("neighbours", "word2vec-shakespeare", "king", "zebra", "--top-k", "1");
        Assert.Equal(3, code);
        Assert.Contains("zebra", error, StringComparison.Ordinal);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        (code, output, error) = await Gputx.RunAsync("neighbours", "word2vec-shakespeare", "--analogy", "king-zebra");
        Assert.Equal((3, ""), (code, output));
        Assert.Contains("zebra", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_file_of_vectors_is_3_and_wrong_usage_2()
    {
        Assert.Equal(3, (await Gputx.RunAsync("neighbours", "nowhere.bin", "king")).Code);
        Assert.Equal(2, (await Gputx.RunAsync("neighbours", "word2vec-shakespeare", "king", "--top-k", "0")).Code);
    }

    private static void AssertAnswer(string line, string kind, string asked, params string[] words)
    {
        using var answer = JsonDocument.Parse(line);
        Assert.Equal(asked, answer.RootElement.GetProperty(kind).GetString());
        var found = answer.RootElement.GetProperty("neighbours").EnumerateArray().ToArray();
        Assert.Equal(words, found.Select(one => one.GetProperty("word").GetString()));
        Assert.All(found, one => Assert.InRange(one.GetProperty("score").GetDouble(), 0.5, 1));
    }
}
