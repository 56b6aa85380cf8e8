using GpuTransformer.Generation;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Generation;

/// <summary>Stop strings over a real tokenizer: a sequence ends with the token that completes one.</summary>
public class StopStringTests
{
    private const int VocabSize = 2048;
    private static readonly Tokenizer s_tokenizer = Tokenizer.Load(Fixtures.Model("gpt2-shakespeare"));

    [Theory]
    [InlineData("To be, or", " not to be: that is the question", "that")]
    [InlineData("To be, or", " not to be: that is the question", "o be: t")]
    [InlineData("To be, or", " not to be: that is the question", "or not")]
    [InlineData("To be, or", " not to be: that is the question", "absent")]
    [InlineData("To be, or", " not to be: that is the question", "To be")]
    [InlineData("ä", "öü€😀 end", "😀")]
    [InlineData("ä", "öü€😀 end", "ü€")]
    public void A_sequence_ends_with_the_token_that_completes_one(string prompt, string continuation, string stop)
    {
        int[] start = s_tokenizer.Encode(prompt).Ids;
        int[] script = [.. start, .. s_tokenizer.Encode(continuation).Ids];
        var found = Follow(script).Generate(new() { StopStrings = ["never there", stop], MaxNewTokens = script.Length - start.Length }, start)[0];

        // The end is the first new token with which the decoded text holds the stop string beyond the prompt.
        var expected = Enumerable.Range(start.Length + 1, script.Length - start.Length)
            .FirstOrDefault(n => Last(script[..n], stop) > s_tokenizer.Decode(script.AsSpan(0, start.Length)).Length, script.Length);
        Assert.Equal(script[start.Length..expected], found.Ids);
        Assert.Equal(Last(script, stop) > prompt.Length ? FinishReason.StopString : FinishReason.Length, found.FinishReason);
    }

    [Fact]
    public void A_beam_ends_with_one_too()
    {
        int[] script = s_tokenizer.Encode("To be, or not to be: that is the question").Ids;
        var found = Follow(script).Generate(new() { StopStrings = [": that"], NumBeams = 2, MaxNewTokens = script.Length - 1 }, script[..1])[0];
        Assert.EndsWith(": that", s_tokenizer.Decode([.. found.Ids]), StringComparison.Ordinal);
        Assert.Equal(FinishReason.StopString, found.FinishReason);
    }

    private static int Last(int[] ids, string stop) =>
        s_tokenizer.Decode(ids).LastIndexOf(stop, StringComparison.Ordinal) is var at and >= 0 ? at + stop.Length : -1;

    private static FakeModel Follow(int[] script) => new(VocabSize, ids =>
    {
        var row = new float[VocabSize];
        row[script[Math.Min(ids.Length, script.Length - 1)]] = 9;
        return row;
    })
    {
        Tokenizer = s_tokenizer,
    };
}
