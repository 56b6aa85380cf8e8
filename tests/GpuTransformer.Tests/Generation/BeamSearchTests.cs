using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Generation;

/// <summary>Beam search against every sequence there is.</summary>
public class BeamSearchTests
{
    private const int Stop = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Wide_beams_find_the_best_of_all_sequences(int seed)
    {
        var model = FakeModel.Random(5, seed);
        int[] prompt = [1, 2];
        var all = Sequences(5, 4).Select(made => model.LogProb([.. prompt, .. made], 2)).OrderDescending().Take(6).ToArray();
        var found = model.Generate(new() { MaxNewTokens = 4, NumBeams = 125, NumReturnSequences = 6, LengthPenalty = 0 }, prompt);
        Assert.Equal(6, found.Length);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(all[i], found[i].Score!.Value, 1e-4);
            Assert.Equal(all[i], model.LogProb([.. prompt, .. found[i].Ids], 2), 1e-4);
            Assert.Equal(FinishReason.Length, found[i].FinishReason);
        }
    }

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(2, 0.4)]
    [InlineData(3, -0.5)]
    [InlineData(4, 2.0)]
    public void Stop_tokens_and_the_length_penalty_count_new_tokens(int seed, double penalty)
    {
        var model = FakeModel.Random(4, seed);
        int[] prompt = [0];
        var ended = Sequences(4, 4).Select(Cut).Select(made => string.Join(',', made)).Distinct()
            .Select(text => text.Split(',').Select(int.Parse).ToArray())
            .Select(made => (Score: model.LogProb([.. prompt, .. made], 1) / Math.Pow(made.Length, penalty), Made: made))
            .OrderByDescending(x => x.Score).ToArray();
        var options = new GenerationOptions
        {
            MaxNewTokens = 4,
            NumBeams = 100,
            NumReturnSequences = 5,
            LengthPenalty = penalty,
            EarlyStopping = EarlyStopping.Never,
            EosTokenIds = [Stop],
        };
        var found = model.Generate(options, prompt);
        for (var i = 0; i < found.Length; i++)
        {
            Assert.Equal(ended[i].Made, found[i].Ids);
            Assert.Equal(ended[i].Score, found[i].Score!.Value, 1e-4);
            Assert.Equal(found[i].Ids[^1] == Stop ? FinishReason.StopToken : FinishReason.Length, found[i].FinishReason);
        }
    }

    [Fact]
    public void Early_stopping_ends_with_the_first_full_set_of_answers()
    {
        // The stop token has a third of the probability after each token: two beams have ended after few steps.
        var model = new FakeModel(6, ids => [0, 0, 0, 1.1f, 0, 0]);
        var options = new GenerationOptions { MaxNewTokens = 40, NumBeams = 2, NumReturnSequences = 2, EosTokenIds = [Stop], LengthPenalty = 3 };
        Assert.Equal([2, 2], model.Generate(options with { EarlyStopping = EarlyStopping.True }, [0]).Select(r => r.Ids.Count).Order());
        var early = model.Computed;

        // A power of three prefers longer answers, which "never" waits for to the end.
        var longest = model.Generate(options with { EarlyStopping = EarlyStopping.Never }, [0]);
        Assert.Equal(40, longest[0].NewTokens);
        Assert.True(model.Computed - early > early);
    }

    [Fact]
    public void An_input_is_answered_alike_alone_and_with_others_of_other_lengths()
    {
        var model = FakeModel.Random(20, 5);
        int[][] prompts = [[1], [2, 3, 4, 5], [6, 7], [8, 9, 10]];
        var options = new GenerationOptions { MaxNewTokens = 9, NumBeams = 3, NumReturnSequences = 2, EosTokenIds = [4, 11], NoRepeatNgramSize = 2, OutputLogProbs = true };
        var together = model.Generate(options, prompts);
        var alone = prompts.SelectMany(prompt => model.Generate(options, prompt)).ToArray();
        Assert.Equal(alone.Select(Describe), together.Select(Describe));
        Assert.Equal([0, 0, 1, 1, 2, 2, 3, 3], together.Select(r => r.Input));
        Assert.Equal(0, model.Open);
    }

    [Fact]
    public void Log_probabilities_of_a_beam_are_the_models()
    {
        var model = FakeModel.Random(9, 8);
        var found = model.Generate(new() { MaxNewTokens = 6, NumBeams = 3, NumReturnSequences = 3, OutputLogProbs = true, RepetitionPenalty = 1.7 }, [3, 4]);
        foreach (var result in found)
        {
            Assert.Equal(model.LogProb([3, 4, .. result.Ids], 2), result.LogProbs!.Sum(), 1e-4);
        }
    }

    [Fact]
    public void Drawn_beams_come_with_the_frequency_of_draws_without_replacement()
    {
        // One step, three tokens: two beams are two draws without replacement; the better of the two is the answer.
        double[] p = [0.5, 0.3, 0.2];
        var model = new FakeModel(3, _ => [.. p.Select(x => (float)Math.Log(x))]);
        const int draws = 20_000;
        var prompts = Enumerable.Range(0, draws).Select(_ => new[] { 0 }).ToArray();
        var counts = new int[3];
        foreach (var result in model.Generate(new() { MaxNewTokens = 1, NumBeams = 2, DoSample = true, Seed = 3 }, prompts[..draws]))
        {
            counts[result.Ids[0]]++;
        }

        var pairOneTwo = p[1] * p[2] / (1 - p[1]) + p[2] * p[1] / (1 - p[2]);
        Assert.Equal(1 - pairOneTwo, counts[0] / (double)draws, 0.02);
        Assert.Equal(pairOneTwo, counts[1] / (double)draws, 0.02);
    }

    [Fact]
    public void More_answers_than_beams_are_refused() => Assert.Contains(
        "num_return_sequences",
        Assert.Throws<InputException>(() => FakeModel.Random(5).Generate(new() { NumBeams = 2, NumReturnSequences = 3 }, [1])).Message);

    private static string Describe(GenerationResult result) =>
        $"{string.Join(',', result.Ids)} {result.Score} {string.Join(',', result.LogProbs!)} {result.FinishReason}";

    private static int[] Cut(int[] made) => Array.IndexOf(made, Stop) is var at and >= 0 ? made[..(at + 1)] : made;

    private static IEnumerable<int[]> Sequences(int vocabSize, int length) => length == 0
        ? [[]]
        : Sequences(vocabSize, length - 1).SelectMany(head => Enumerable.Range(0, vocabSize).Select(id => (int[])[.. head, id]));
}
