using GpuTransformer.Tasks;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Tasks;

/// <summary>How tokens become entities: as transformers' aggregation "simple" joins them.</summary>
public class EntityFinderTests
{
    private static readonly string[] s_labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC", "I-X-Y"];

    [Theory]
    [InlineData("O O O O O O", "")]
    [InlineData("B-PER I-PER O B-LOC O O", "PER 0..10|LOC 14..18")]
    [InlineData("B-PER B-PER I-PER I-LOC B-LOC I-LOC", "PER 0..4|PER 5..13|LOC 14..18|LOC 19..27")]
    [InlineData("I-PER I-PER I-LOC I-LOC I-LOC I-LOC", "PER 0..10|LOC 11..27")]
    [InlineData("MISC MISC O MISC I-PER MISC", "MISC 0..10|MISC 14..18|PER 19..21|MISC 22..27")]
    [InlineData("I-X-Y I-X-Y O O O B-PER", "X-Y 0..10|PER 22..27")]
    public void Neighbours_of_one_kind_are_one_entity(string labels, string expected)
    {
        var tokens = Tokenizer.Load(Fixtures.Model("bert-shakespeare")).Encode("good their my lord an enemy");
        Assert.Equal([(0, 4), (5, 10), (11, 13), (14, 18), (19, 21), (22, 27)], tokens.Offsets[1..^1]);
        var logits = new float[8 * s_labels.Length];
        // What stands at special tokens is never looked at.
        logits[1] = 50;
        logits[7 * s_labels.Length + 3] = 50;
        foreach (var (i, label) in labels.Split(' ').Index())
        {
            logits[(i + 1) * s_labels.Length + Array.IndexOf(s_labels, label)] = 4;
        }

        var found = EntityFinder.Group(tokens, logits, s_labels);
        Assert.Equal(expected, string.Join('|', found.Select(e => $"{e.Label} {e.Start}..{e.End}")));
        var probability = Math.Exp(4) / (Math.Exp(4) + s_labels.Length - 1);
        Assert.All(found, entity => Assert.Equal(probability, entity.Score, 1e-6));
    }

    [Fact]
    public void A_score_is_the_mean_of_its_tokens()
    {
        var tokens = Tokenizer.Load(Fixtures.Model("bert-shakespeare")).Encode("good lord");
        var logits = new float[4 * 2];
        logits[1 * 2 + 1] = 1;
        logits[2 * 2 + 1] = 3;
        var entity = EntityFinder.Group(tokens, logits, ["O", "PER"]).Single();
        Assert.Equal((1 / (1 + Math.Exp(-1)) + 1 / (1 + Math.Exp(-3))) / 2, entity.Score, 1e-6);
        Assert.Equal((0, 9), (entity.Start, entity.End));
    }
}
