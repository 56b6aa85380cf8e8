using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Generation;

/// <summary>Each rule over logits against numbers worked out by hand, and the order in which they act.</summary>
public class LogitsRuleTests
{
    private const float No = float.NegativeInfinity;

    [Fact]
    public void The_repetition_penalty_acts_once_a_token_and_by_the_sign() => Expect(
        [0.5f, -4, 3, -1], new() { RepetitionPenalty = 2 }, [1, -2, 3, -1], ids: [0, 1, 0, 1, 1]);

    [Fact]
    public void The_source_penalty_is_the_inverse() => Expect(
        [2, -1, 3, -1], new() { EncoderRepetitionPenalty = 2 }, [1, -2, 3, -1], ids: [2], source: [0, 1, 1, 700]);

    [Fact]
    public void An_ngram_does_not_come_twice()
    {
        // 1 2 was followed by 3 and by 0; the last two tokens are 1 2.
        Expect([No, 1, 1, No], new() { NoRepeatNgramSize = 3 }, [1, 1, 1, 1], ids: [1, 2, 3, 1, 2, 0, 1, 2]);
        Expect([1, No, No, 1], new() { NoRepeatNgramSize = 1 }, [1, 1, 1, 1], ids: [1, 2]);
        Expect([1, 1, 1, 1], new() { NoRepeatNgramSize = 3 }, [1, 1, 1, 1], ids: [1]);
        Expect([1, 1, No, 1], new() { NoRepeatNgramSize = 2 }, [1, 1, 1, 1], ids: [2, 2]);
    }

    [Fact]
    public void An_ngram_of_the_source_does_not_come()
    {
        Expect([1, 1, 1, No], new() { EncoderNoRepeatNgramSize = 2 }, [1, 1, 1, 1], ids: [0, 2], source: [2, 3, 1]);
        Expect([1, 1, 1, 1], new() { EncoderNoRepeatNgramSize = 3 }, [1, 1, 1, 1], ids: [2], source: [2, 3, 1]);
    }

    [Fact]
    public void Bad_words_do_not_come()
    {
        // A word longer than the text is left, as in transformers; so is a stop token that stands alone.
        var options = new GenerationOptions { BadWordsIds = [[1], [2, 3], [2], [0, 2, 0]], EosTokenIds = [2] };
        Expect([1, No, 1, No], options, [1, 1, 1, 1], ids: [0, 2]);
        Expect([No, No, 1, No], options, [1, 1, 1, 1], ids: [3, 0, 2]);
        Expect([1, No, 1, 1], options, [1, 1, 1, 1], ids: [2]);
    }

    [Fact]
    public void There_is_no_stop_token_before_the_shortest_length()
    {
        var options = new GenerationOptions { EosTokenIds = [1, 3], MinNewTokens = 2 };
        Expect([1, No, 1, No], options, [1, 1, 1, 1], ids: [0, 0, 0], prompt: 2);
        Expect([1, 1, 1, 1], options, [1, 1, 1, 1], ids: [0, 0, 0, 0], prompt: 2);
        Expect([1, No, 1, No], options with { MinNewTokens = null, MinLength = 4 }, [1, 1, 1, 1], ids: [0, 0, 0], prompt: 2);
        Expect([1, 1, 1, 1], options with { MinNewTokens = null, MinLength = 3 }, [1, 1, 1, 1], ids: [0, 0, 0], prompt: 2);
    }

    [Fact]
    public void A_stop_token_outside_the_vocabulary_never_comes_and_is_no_error()
    {
        var options = new GenerationOptions { EosTokenIds = [1, 50256], MinNewTokens = 2, ExponentialDecayLengthPenalty = (0, 2) };
        Expect([1, No, 1, 1], options, [1, 1, 1, 1], ids: [0, 0, 0], prompt: 2);
        Expect([1, 4, 1, 1], options, [1, 1, 1, 1], ids: [0, 0, 0, 0], prompt: 2);
        Expect([1, 1, 1, 1], options with { EosTokenIds = [4] }, [1, 1, 1, 1], ids: [0, 0, 0], prompt: 2);
        Assert.Equal(20, FakeModel.Random(30).Generate(new() { EosTokenIds = [30] }, [1])[0].NewTokens);
    }

    [Fact]
    public void Tokens_are_forced_to_the_first_and_the_last_place()
    {
        var options = new GenerationOptions { ForcedBosTokenId = 2, ForcedEosTokenIds = [0, 1] };
        Expect([No, No, 0, No], options, [1, 1, 1, 1], ids: [3], prompt: 1, longest: 9);
        Expect([1, 1, 1, 1], options, [1, 1, 1, 1], ids: [3, 2], prompt: 1, longest: 9);
        Expect([0, 0, No, No], options, [1, 1, 1, 1], ids: [3, 2, 2], prompt: 1, longest: 4);
    }

    [Fact]
    public void Tokens_are_suppressed_everywhere_or_first()
    {
        Expect([No, 1, 1, No], new() { SuppressTokens = [0, 3, 70] }, [1, 1, 1, 1], ids: [1, 1], prompt: 1);
        Expect([No, 1, 1, 1], new() { BeginSuppressTokens = [0] }, [1, 1, 1, 1], ids: [1, 1], prompt: 2);
        Expect([1, 1, 1, 1], new() { BeginSuppressTokens = [0] }, [1, 1, 1, 1], ids: [1, 1], prompt: 1);

        // A forced first token moves the place, after a prompt of one token alone.
        var forced = new GenerationOptions { BeginSuppressTokens = [0], ForcedBosTokenId = 2 };
        Expect([No, 1, 1, 1], forced, [1, 1, 1, 1], ids: [1, 2], prompt: 1);
        Expect([No, 1, 1, 1], forced, [1, 1, 1, 1], ids: [1, 2], prompt: 2);
    }

    [Fact]
    public void Stop_tokens_grow_beyond_a_length()
    {
        var options = new GenerationOptions { EosTokenIds = [1], ExponentialDecayLengthPenalty = (2, 1.5) };
        Expect([1, -2, 1, 1], options, [1, -2, 1, 1], ids: [0, 0, 0], prompt: 1);
        Expect([1, -2 + 2 * 1.25f, 1, 1], options, [1, -2, 1, 1], ids: [0, 0, 0, 0, 0], prompt: 1);
    }

    [Fact]
    public void Invalid_scores_become_finite() => Expect(
        [0, float.MaxValue, float.MinValue, 1], new() { RemoveInvalidValues = true }, [float.NaN, float.PositiveInfinity, No, 1], ids: [0]);

    [Fact]
    public void Temperature_divides() => Expect([2, -2, 0, 4], Draw() with { Temperature = 0.5 }, [1, -1, 0, 2], ids: [0]);

    [Fact]
    public void Top_k_keeps_the_best_and_what_equals_the_last_of_them()
    {
        Expect([No, 3, No, 4], Draw() with { TopK = 2 }, [1, 3, 2, 4], ids: [0]);
        Expect([3, 3, No, 4], Draw() with { TopK = 2 }, [3, 3, 2, 4], ids: [0]);
        Expect([1, 2, 3, 4], Draw() with { TopK = 9 }, [1, 2, 3, 4], ids: [0]);
    }

    [Fact]
    public void Top_p_keeps_the_fewest_that_reach_it()
    {
        float[] scores = [.. new[] { 0.1, 0.2, 0.3, 0.4 }.Select(p => (float)Math.Log(p))];
        Expect([No, No, scores[2], scores[3]], Draw() with { TopP = 0.65 }, scores, ids: [0]);
        Expect([No, scores[1], scores[2], scores[3]], Draw() with { TopP = 0.75 }, scores, ids: [0]);
        Expect([No, No, No, scores[3]], Draw() with { TopP = 0 }, scores, ids: [0]);
        Expect([No, No, scores[2], scores[3]], Draw() with { TopP = 0, NumBeams = 2 }, scores, ids: [0]);
    }

    [Fact]
    public void Min_p_keeps_a_fraction_of_the_best()
    {
        float[] scores = [.. new[] { 0.1, 0.15, 0.35, 0.4 }.Select(p => (float)Math.Log(p))];
        Expect([No, No, scores[2], scores[3]], Draw() with { MinP = 0.5 }, scores, ids: [0]);
        Expect([No, No, No, scores[3]], Draw() with { MinP = 1 }, scores, ids: [0]);
        Expect(scores, Draw() with { MinP = 0 }, scores, ids: [0]);
        Expect([No, No, scores[2], scores[3]], Draw() with { MinP = 1, NumBeams = 2 }, scores, ids: [0]);
    }

    [Fact]
    public void Cuts_act_after_each_other_on_what_is_left()
    {
        // Of the three best, 0.2 : 0.3 : 0.4, the two best hold 7/9 > 0.75; of all four they hold 0.7 alone.
        float[] scores = [.. new[] { 0.1, 0.2, 0.3, 0.4 }.Select(p => (float)Math.Log(p))];
        Expect([No, No, scores[2], scores[3]], Draw() with { TopK = 3, TopP = 0.75 }, scores, ids: [0]);

        // The temperature comes before: at 0.5 the fourth token alone holds 16/30 of all four.
        Expect([No, No, No, 2 * scores[3]], Draw() with { Temperature = 0.5, TopP = 0.5 }, scores, ids: [0]);
    }

    [Fact]
    public void Without_drawing_the_cuts_do_not_act() => Expect(
        [1, 2, 3, 4], new() { Temperature = 0.1, TopK = 1, TopP = 0.1, MinP = 1 }, [1, 2, 3, 4], ids: [0]);

    [Fact]
    public void A_forced_token_comes_even_where_an_ngram_forbids_it_and_a_suppressed_one_does_not()
    {
        Expect([0, No, No, No], new() { NoRepeatNgramSize = 1, ForcedEosTokenIds = [0] }, [1, 1, 1, 1], ids: [0, 0], longest: 3);
        Expect([No, No, No, No], new() { SuppressTokens = [0], ForcedEosTokenIds = [0] }, [1, 1, 1, 1], ids: [0, 0], longest: 3);
    }

    [Fact]
    public void Renormalization_comes_last() => Expect(
        [No, (float)Math.Log(0.5), (float)Math.Log(0.5), No], new() { SuppressTokens = [0, 3], RenormalizeLogits = true }, [5, 7, 7, 5], ids: [0]);

    [Theory]
    [InlineData("forced_bos_token_id")]
    [InlineData("forced_eos_token_id")]
    [InlineData("bad_words_ids")]
    public void An_id_beyond_the_vocabulary_is_refused_by_name(string option)
    {
        var options = option switch
        {
            "forced_bos_token_id" => new GenerationOptions { ForcedBosTokenId = 4 },
            "forced_eos_token_id" => new() { ForcedEosTokenIds = [4] },
            _ => new() { BadWordsIds = [[0, 4]] },
        };
        Assert.Contains(option, Assert.Throws<InputException>(() => LogitsRules.Of(new GenerationSettings(options), 4)).Message);
    }

    private static GenerationOptions Draw() => new() { DoSample = true, TopK = 0 };

    private static void Expect(
        float[] expected, GenerationOptions options, float[] scores, int[] ids, int prompt = 1, int longest = 1000, int[]? source = null)
    {
        var changed = (float[])scores.Clone();
        var rules = LogitsRules.Of(new GenerationSettings(options), scores.Length);
        foreach (var rule in rules)
        {
            rule.Apply(new SequenceSoFar { Ids = ids, PromptLength = prompt, MaxLength = longest, Source = source ?? ids.AsSpan(0, prompt) }, changed);
        }

        for (var i = 0; i < scores.Length; i++)
        {
            Assert.True(expected[i] == changed[i] || Math.Abs(expected[i] - changed[i]) < 1e-5f, $"token {i}: {changed[i]}, expected {expected[i]}");
        }
    }
}
