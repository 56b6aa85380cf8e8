using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Generation;

/// <summary>Greedy search and sampling: what comes, when it ends, and that nothing depends on the batch.</summary>
public class TokenSearchTests
{
    [Fact]
    public void Greedy_search_takes_the_best_token_each_time()
    {
        var model = FakeModel.Random(30);
        int[] ids = [4, 5];
        for (var i = 0; i < 7; i++)
        {
            var row = model.Logits(ids);
            ids = [.. ids, Array.IndexOf(row, row.Max())];
        }

        var found = Assert.Single(model.Generate(new() { MaxNewTokens = 7, OutputLogProbs = true }, [4, 5]));
        Assert.Equal(ids[2..], found.Ids);
        Assert.Equal(model.LogProb(ids, 2), found.LogProbs!.Sum(), 1e-4);
        Assert.Null(found.Score);
        Assert.Equal(0, model.Open);
    }

    [Fact]
    public void Without_any_length_there_are_twenty_new_tokens() =>
        Assert.Equal(20, FakeModel.Random(30).Generate(new(), [1, 2, 3])[0].NewTokens);

    [Fact]
    public void A_default_length_ends_where_the_model_does()
    {
        var model = new FakeModel(3, _ => [0, 1, 0]) { MaxLength = 8 };
        Assert.Equal(5, model.Generate(new(), [1, 2, 0])[0].NewTokens);
        var error = Assert.Throws<InputException>(() => model.Generate(new() { MaxNewTokens = 6 }, [1, 2, 0]));
        Assert.Contains("8", error.Message);
        Assert.Throws<InputException>(() => model.Generate(new(), [1, 2, 0, 1, 1, 1, 1, 1]));
        Assert.Equal(2, model.Generate(new() { MaxLength = 5 }, [1, 2, 0])[0].NewTokens);
    }

    [Fact]
    public void Ended_sequences_leave_the_batch_and_keep_their_stop_token()
    {
        // A sequence counts down to the stop token 0.
        var model = new FakeModel(10, ids => [.. Enumerable.Range(0, 10).Select(i => i == ids[^1] - 1 ? 1f : 0)]);
        var found = model.Generate(new() { MaxNewTokens = 9, EosTokenIds = [0] }, [3], [9], [1]);
        Assert.Equal([2, 1, 0], found[0].Ids);
        Assert.Equal([8, 7, 6, 5, 4, 3, 2, 1, 0], found[1].Ids);
        Assert.Equal([0], found[2].Ids);
        Assert.All(found, r => Assert.Equal(FinishReason.StopToken, r.FinishReason));

        // Three prompts, two sequences in the second and third step, one in the six after them.
        Assert.Equal(3 + 2 + 2 + 6, model.Computed);
    }

    [Fact]
    public void A_seed_gives_the_same_tokens_alone_in_a_batch_and_with_a_number()
    {
        var model = FakeModel.Random(50, 2, width: 2);
        var options = new GenerationOptions { DoSample = true, Seed = 11, MaxNewTokens = 12, EosTokenIds = [7] };
        var together = model.Generate(options, [1], [2, 3], [4, 5, 6]);
        Assert.Equal(together.Select(r => r.Ids), model.Generate(options, [1], [2, 3], [4, 5, 6]).Select(r => r.Ids));
        var alone = Generator.Run(model.Target, new GenerationInputs([[4, 5, 6]]) { Numbers = [2] }, options, default);
        Assert.Equal(together[2].Ids, alone[0].Ids);
        Assert.NotEqual(together[2].Ids, model.Generate(options with { Seed = 12 }, [1], [2, 3], [4, 5, 6])[2].Ids);
        Assert.NotEqual(together[2].Ids, model.Generate(options, [4, 5, 6])[0].Ids);
    }

    [Fact]
    public void Draws_have_the_frequencies_of_their_probabilities()
    {
        double[] p = [0.1, 0.2, 0.3, 0.4];
        var model = new FakeModel(4, _ => [.. p.Select(x => (float)Math.Log(x))]);
        var made = model.Generate(new() { DoSample = true, Seed = 5, MaxNewTokens = 1000, NumReturnSequences = 20 }, [0]).SelectMany(r => r.Ids).ToArray();
        for (var id = 0; id < 4; id++)
        {
            Assert.Equal(p[id], made.Count(x => x == id) / 20_000.0, 0.012);
        }
    }

    [Fact]
    public void Several_draws_of_a_prompt_stand_together_and_differ()
    {
        var model = FakeModel.Random(100, 3, width: 1);
        var found = model.Generate(new() { DoSample = true, Seed = 1, NumReturnSequences = 3, MaxNewTokens = 8 }, [1], [2]);
        Assert.Equal([0, 0, 0, 1, 1, 1], found.Select(r => r.Input));
        Assert.Equal(6, found.Select(r => string.Join(',', r.Ids)).Distinct().Count());
    }

    [Fact]
    public void A_stream_gives_the_same_tokens_one_by_one_and_can_be_left()
    {
        var model = FakeModel.Random(30, 4);
        var options = new GenerationOptions { MaxNewTokens = 6, OutputLogProbs = true };
        var whole = model.Generate(options, [3, 1])[0];
        var before = model.Computed;
        var taken = new List<StreamedId>();
        foreach (var token in Generator.Stream(model.Target, new GenerationInputs([[3, 1]]), options, default))
        {
            taken.Add(token);
            Assert.Equal(taken.Count, model.Computed - before);
        }

        Assert.Equal(whole.Ids, taken.Select(t => t.Id));
        Assert.Equal(whole.LogProbs, taken.Select(t => t.LogProb!.Value));
        Assert.Equal([null, null, null, null, null, FinishReason.Length], taken.Select(t => t.Finished));
        Assert.Single(Generator.Stream(model.Target, new GenerationInputs([[3, 1]]), options, default).Take(1));
        Assert.Equal(0, model.Open);
    }

    [Fact]
    public void A_cancelled_call_ends_between_two_tokens()
    {
        using var source = new CancellationTokenSource();
        var model = new FakeModel(3, ids =>
        {
            if (ids.Length == 4)
            {
                source.Cancel();
            }

            return [0, 1, 0];
        });
        Assert.Throws<OperationCanceledException>(
            () => Generator.Run(model.Target, new GenerationInputs([[1]]), new() { MaxNewTokens = 1000 }, source.Token));
        Assert.Equal(4, model.Computed);
        Assert.Equal(0, model.Open);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void A_logit_that_is_not_a_number_is_an_error(bool sample, int beams)
    {
        var model = new FakeModel(3, ids => [0, ids.Length > 2 ? float.NaN : 1, 0]);
        Assert.Contains("NaN", Assert.Throws<InputException>(
            () => model.Generate(new() { DoSample = sample, NumBeams = beams, TopK = 0, Seed = 1 }, [1])).Message);
        Assert.Equal(0, model.Open);
        Assert.Equal(5, model.Generate(new() { RemoveInvalidValues = true, MaxNewTokens = 5 }, [1])[0].NewTokens);
    }

    [Fact]
    public void Rules_that_leave_no_token_are_an_error() => Assert.Contains(
        "forbid every token",
        Assert.Throws<InputException>(() => FakeModel.Random(3).Generate(new() { SuppressTokens = [0, 1, 2] }, [1])).Message);
}
