using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>What every decoder promises whatever its family: token by token, in batches, after a reorder and in runs of
/// bounded rows the logits are those of one pass over the whole text.</summary>
public class CausalModelTests
{
    // Runs of other shapes cut the same sums alike, but for attention's blocks of rows.
    private const double Relative = 1e-5;

    public static TheoryData<string> Families => ["gpt2", "llama", "mistral", "qwen2", "qwen3", "gemma2", "llama-yarn"];

    /// <summary>The greedy continuation of each prompt, all at a time.</summary>
    internal static int[][] Greedy(GenerativeModel model, int[][] prompts, int count)
    {
        using var decoding = model.Start(new DecodingRequest(prompts, prompts.Length, prompts.Max(p => p.Length) + count));
        var made = prompts.Select(_ => new List<int>()).ToArray();
        for (var i = 0; i < count; i++)
        {
            var next = new int[prompts.Length];
            for (var s = 0; s < prompts.Length; s++)
            {
                next[s] = ArgMax.Of(decoding.Logits(s));
                made[s].Add(next[s]);
            }

            if (i < count - 1)
            {
                decoding.Append(next);
            }
        }

        return [.. made.Select(m => m.ToArray())];
    }

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void Token_by_token_gives_the_logits_of_the_whole_text(string name)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = Load(name, device);
        var text = Text(41, 1);
        var whole = Whole(model, text);
        using var decoding = model.Start(new DecodingRequest([text[..3]], 1, text.Length));
        for (var i = 3; i < text.Length; i++)
        {
            Same(whole[i - 1], decoding.Logits(0), $"{name} token {i - 1}");
            decoding.Append([text[i]]);
        }

        Same(whole[^1], decoding.Logits(0), $"{name} last token");
    }

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void A_batch_of_ragged_prompts_gives_what_each_gives_alone(string name)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = Load(name, device);
        int[][] prompts = [Text(5, 2), Text(33, 3), Text(1, 4), Text(16, 5)];
        using var together = model.Start(new DecodingRequest(prompts, 4, 60));
        for (var s = 0; s < prompts.Length; s++)
        {
            using var alone = model.Start(new DecodingRequest([prompts[s]], 1, 60));
            Same(alone.Logits(0), together.Logits(s), $"{name} prompt {s}");
        }

        var continued = Greedy(model, prompts, 20);
        for (var s = 0; s < prompts.Length; s++)
        {
            Assert.Equal(Greedy(model, [prompts[s]], 20)[0], continued[s]);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void After_a_reorder_a_sequence_goes_on_as_the_one_it_copies(string name)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = Load(name, device);
        var texts = new List<List<int>> { Text(14, 6).ToList(), Text(30, 7).ToList() };
        using var decoding = model.Start(new DecodingRequest([.. texts.Select(t => t.ToArray())], 5, 60));
        var random = new Random(8);
        int[][] orders = [[1, 0, 1, 1, 0], [4, 4, 2], [2, 0, 1, 0], [3, 3, 3, 3, 0], [1]];
        foreach (var order in orders)
        {
            decoding.Reorder(order);
            texts = [.. order.Select(s => texts[s].ToList())];
            Assert.Equal(order.Length, decoding.Sequences);
            for (var s = 0; s < texts.Count; s++)
            {
                Same(Whole(model, [.. texts[s]])[^1], decoding.Logits(s), $"{name} reordered {s}");
            }

            for (var i = 0; i < 3; i++)
            {
                var ids = texts.Select(_ => random.Next(3, 80)).ToArray();
                decoding.Append(ids);
                for (var s = 0; s < texts.Count; s++)
                {
                    texts[s].Add(ids[s]);
                    Same(Whole(model, [.. texts[s]])[^1], decoding.Logits(s), $"{name} sequence {s}");
                }
            }
        }
    }

    [SkippableTheory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("gemma2")]
    public void A_text_of_several_runs_gives_the_logits_of_its_parts(string name)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = Load(name, device);
        var text = Text(2 * CausalModel.PrefillRows + 77, 9);
        var whole = Whole(model, text);
        using (var decoding = model.Start(new DecodingRequest([text], 1, text.Length)))
        {
            Same(whole[^1], decoding.Logits(0), name);
        }

        // Token by token over the edge between two runs.
        var edge = CausalModel.PrefillRows - 2;
        using var steps = model.Start(new DecodingRequest([text[..edge]], 1, edge + 6));
        for (var i = edge; i < edge + 5; i++)
        {
            Same(whole[i - 1], steps.Logits(0), $"{name} token {i - 1}");
            steps.Append([text[i]]);
        }
    }

    [SkippableFact]
    public void Padding_on_either_side_changes_nothing()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = Load("qwen2", device);
        var text = Text(7, 10).Select(id => (long)id).ToArray();
        var alone = model.Forward(new ForwardInputs(new HostTensor("input_ids", text, 1, 7)))[0].Floats;
        long[] ids = [.. text, 0, 0, 0, 0, 0, .. text, 0, 0];
        long[] mask = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0];
        ids = [.. ids[..10], 0, 0, 0, .. text];
        mask = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1];
        var logits = model.Forward(new ForwardInputs(
            new HostTensor("input_ids", ids, 2, 10), new HostTensor("attention_mask", mask, 2, 10)))[0].Floats;
        var width = model.VocabularySize;
        Assert.Equal(alone, logits[..(7 * width)]);
        Assert.Equal(alone, logits[(13 * width)..]);
    }

    [SkippableFact]
    public void What_does_not_fit_is_refused()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = Load("gpt2", device);
        Refused("128", () => model.Start(new DecodingRequest([Text(129, 1)], 1, 200)));
        Refused("at most 4 fit", () => model.Start(new DecodingRequest([[1], Text(5, 1)], 2, 4)));
        Refused("at least one id", () => model.Start(new DecodingRequest([[1], []], 2, 4)));
        Refused("id 101", () => model.Start(new DecodingRequest([[1, 101]], 1, 4)));
        using var decoding = model.Start(new DecodingRequest([[1, 2], [3, 4]], 2, 3));
        Refused("id -1", () => decoding.Append([5, -1]));
        decoding.Append([5, 6]);
        Refused("more than 3", () => decoding.Append([7, 8]));
        Assert.Throws<ShapeException>(() => decoding.Append([7]));
        using var endless = Load("llama", device);
        Refused("more than can be held", () => endless.Start(new DecodingRequest([[1]], 2, int.MaxValue)));

        static void Refused(string part, Action action) =>
            Assert.Contains(part, Assert.Throws<InputException>(action).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Any_number_of_threads_may_decode_at_a_time()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = Load("llama", device);
        int[][] prompts = [Text(4, 1), Text(9, 2), Text(20, 3)];
        var alone = prompts.Select(p => Greedy(model, [p], 30)[0]).ToArray();
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            Assert.Equal(alone[i % 3], Greedy(model, [prompts[i % 3]], 30)[0]));
    }

    private static CausalModel Load(string name, ComputeDevice device) =>
        (CausalModel)TransformerModel.Load(Fixtures.Folder($"tiny/{name}"), device);

    private static int[] Text(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(3, 80))];
    }

    private static float[][] Whole(GenerativeModel model, int[] text)
    {
        var ids = new HostTensor("input_ids", [.. text.Select(id => (long)id)], 1, text.Length);
        return [.. model.Forward(new ForwardInputs(ids))[0].Floats.Chunk(model.VocabularySize)];
    }

    private static void Same(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        var (largest, worst) = (0f, 0f);
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i]));
            worst = Math.Max(worst, Math.Abs(expected[i] - actual[i]));
        }

        Assert.True(worst <= Relative * largest, $"{what}: {worst} of {largest}");
    }
}
