using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Encoder-decoders of Hugging Face: answers of PyTorch through every kind of kernel, and decodings that grow,
/// part and come in batches.</summary>
public class EncoderDecoderTests
{
    /// <summary>Both sides are float32 with sums in different orders.</summary>
    private const double Relative = 2e-5;

    public static TheoryData<string> Families => ["t5", "t5-gated", "marian", "bart"];

    public static TheoryData<string, VariantKind> Cases()
    {
        var data = new TheoryData<string, VariantKind>();
        foreach (var family in new[] { "t5", "t5-gated", "marian", "bart" })
        {
            data.Add(family, VariantKind.Cpu);
            data.Add(family, VariantKind.Group);
            data.Add(family, VariantKind.Naive);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Outputs_are_those_recorded(string name, VariantKind variant)
    {
        using var fixture = new Fixture(name, variant);
        var outputs = fixture.Model.Forward(ForwardInputs.Read(fixture.Path));
        var mask = fixture.Recorded.ReadInt64("in.attention_mask");
        Compare(fixture, outputs, "logits", _ => true);
        Compare(fixture, outputs, "encoder_last_hidden_state", row => mask[row] != 0);
    }

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void Greedy_decoding_is_that_recorded(string name)
    {
        using var fixture = new Fixture(name, VariantKind.Cpu);
        var expected = fixture.Recorded.ReadInt64("out.greedy10").Chunk(11).Select(r => r.Select(id => (int)id).ToArray()).ToArray();
        using var decoding = fixture.Model.Start(fixture.Request(expected.Select(row => row[..1]), 2, 11));
        for (var step = 1; step <= 10; step++)
        {
            int[] ids = [.. Enumerable.Range(0, 2).Select(s => fixture.Greedy(decoding.Logits(s), isLast: step == 10))];
            Assert.Equal(expected.Select(row => row[step]), ids);
            decoding.Append(ids);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void Beams_are_those_recorded(string name)
    {
        using var fixture = new Fixture(name, VariantKind.Cpu);
        var sources = fixture.Request([[0], [0]], 2, 1).Sources!;
        var beams = fixture.Model.Generate(
            sources, new GenerationOptions { NumBeams = 4, LengthPenalty = 1, EarlyStopping = EarlyStopping.False, MaxNewTokens = 10 });
        fixture.CompareIds("out.beam4", beams);
        var several = fixture.Model.Generate(sources, new GenerationOptions
        {
            NumBeams = 5,
            NumReturnSequences = 3,
            LengthPenalty = 0.6,
            EarlyStopping = EarlyStopping.True,
            NoRepeatNgramSize = 2,
            MaxNewTokens = 12,
        });
        fixture.CompareIds("out.nbest", several);
        var scores = fixture.Recorded.ReadFloat32("out.nbest_scores");
        Assert.All(several.Zip(scores), pair => Assert.InRange(pair.First.Score!.Value, pair.Second - 1e-4, pair.Second + 1e-4));
    }

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void A_ragged_batch_has_the_bits_of_each_alone(string name)
    {
        using var fixture = new Fixture(name, VariantKind.Cpu);
        int[][] sources = [[5, 9, 1], [.. Enumerable.Range(2, 37)], [7]];
        int[][] prompts = [[0, 4, 8, 15], [0], [0, 3]];
        int[][] tokens = [[11, 12, 13], [21, 22, 23], [31, 32, 33]];
        using var together = fixture.Model.Start(new DecodingRequest(prompts, 3, 40) { Sources = sources });
        var alone = sources.Select((source, i) =>
            fixture.Model.Start(new DecodingRequest([prompts[i]], 1, 40) { Sources = [source] })).ToArray();
        for (var step = 0; step <= 3; step++)
        {
            for (var s = 0; s < 3; s++)
            {
                Assert.Equal(alone[s].Logits(0).ToArray(), together.Logits(s).ToArray());
                if (step < 3)
                {
                    alone[s].Append([tokens[s][step]]);
                }
            }

            if (step < 3)
            {
                together.Append([.. tokens.Select(t => t[step])]);
            }
        }

        Array.ForEach(alone, decoding => decoding.Dispose());
    }

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void Reordered_sequences_go_on_as_if_decoded_from_the_start(string name)
    {
        using var fixture = new Fixture(name, VariantKind.Cpu);
        int[][] sources = [[5, 9, 1], [4, 6, 8, 10, 12, 1]];
        using var decoding = fixture.Model.Start(new DecodingRequest([[0], [0]], 5, 40) { Sources = sources });
        var texts = new List<(int Source, List<int> Ids)> { (0, [0]), (1, [0]) };
        var random = new Random(3);
        foreach (var order in new int[][] { [0, 0, 1, 1, 1], [4, 0, 2, 1, 3], [2, 2, 2, 0], [3, 0], [1, 0, 0, 1] })
        {
            // Across the end of a page, so that full pages are shared and the last ones copied.
            for (var i = 0; i < 9 && texts[0].Ids.Count < 39; i++)
            {
                int[] ids = [.. texts.Select(_ => random.Next(2, 80))];
                decoding.Append(ids);
                texts = [.. texts.Select((t, s) => (t.Source, t.Ids.Append(ids[s]).ToList()))];
            }

            decoding.Reorder(order);
            texts = [.. order.Select(s => texts[s])];
            Assert.Equal(order.Length, decoding.Sequences);
            for (var s = 0; s < order.Length; s++)
            {
                using var fresh = fixture.Model.Start(
                    new DecodingRequest([[.. texts[s].Ids]], 1, 40) { Sources = [sources[texts[s].Source]] });
                Assert.Equal(fresh.Logits(0).ToArray(), decoding.Logits(s).ToArray());
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void What_does_not_fit_is_refused_and_changes_nothing(string name)
    {
        using var fixture = new Fixture(name, VariantKind.Cpu);
        Refused("vocabulary", () => fixture.Model.Start(new DecodingRequest([[0]], 1, 9) { Sources = [[89]] }));
        Refused("vocabulary", () => fixture.Model.Start(new DecodingRequest([[-1]], 1, 9) { Sources = [[1]] }));
        Refused("one a source", () => fixture.Model.Start(new DecodingRequest([[0], [0]], 2, 9) { Sources = [[1]] }));
        Refused("at least one", () => fixture.Model.Start(new DecodingRequest([[]], 1, 9) { Sources = [[1]] }));
        Refused("none was given", () => fixture.Model.Start(new DecodingRequest([[0]], 1, 9)));
        using var decoding = fixture.Model.Start(new DecodingRequest([[0]], 1, 3) { Sources = [[5, 1]] });
        var before = decoding.Logits(0).ToArray();
        Refused("vocabulary", () => decoding.Append([89]));
        Assert.Equal(before, decoding.Logits(0).ToArray());
        decoding.Append([5]);
        decoding.Append([6]);
        Refused("more than 3 tokens", () => decoding.Append([7]));
        var error = Assert.Throws<InputException>(() => fixture.Model.Forward(new ForwardInputs(new HostTensor("input_ids", [1L], 1, 1))));
        Assert.Contains("decoder_input_ids is missing", error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void A_step_allocates_nothing(string name)
    {
        using var fixture = new Fixture(name, VariantKind.Cpu);
        using var decoding = fixture.Model.Start(new DecodingRequest([[0], [0]], 4, 40) { Sources = [[5, 9, 1], [4, 1]] });
        int[] ids = [5, 6, 7, 8], order = [1, 0, 3, 2];
        decoding.Reorder([0, 0, 1, 1]);
        for (var warm = 0; warm < 3; warm++)
        {
            decoding.Append(ids);
            decoding.Reorder(order);
            Assert.True(float.IsFinite(decoding.Logits(3)[0]));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        decoding.Append(ids);
        decoding.Reorder(order);
        _ = decoding.Logits(3);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [SkippableFact]
    public void Many_threads_may_use_one_model()
    {
        using var fixture = new Fixture("t5-gated", VariantKind.Cpu);
        var options = new GenerationOptions { NumBeams = 3, MaxNewTokens = 20, EosTokenIds = [] };
        int[][] sources = [.. Enumerable.Range(0, 12).Select(i => Enumerable.Range(2, 1 + 3 * i).ToArray())];
        var alone = sources.Select(source => fixture.Model.Generate([source], options)[0].Ids).ToArray();
        var together = new IReadOnlyList<int>[sources.Length];
        Parallel.For(0, sources.Length, i => together[i] = fixture.Model.Generate([sources[i]], options)[0].Ids);
        Assert.Equal(alone, together);
    }

    [SkippableFact]
    public void Padding_on_either_side_gives_t5_the_same_bits_and_holes_are_refused()
    {
        using var fixture = new Fixture("t5", VariantKind.Cpu);
        var alone = Logits(fixture, [5, 9, 7, 1], [1, 1, 1, 1]);
        Assert.Equal(alone, Logits(fixture, [5, 9, 7, 1, 0, 0], [1, 1, 1, 1, 0, 0]));
        Assert.Equal(alone, Logits(fixture, [0, 0, 5, 9, 7, 1], [0, 0, 1, 1, 1, 1]));
        Refused("zeros between ones", () => Logits(fixture, [5, 0, 9, 1], [1, 0, 1, 1]));
    }

    private static float[] Logits(Fixture fixture, long[] ids, long[] mask) => fixture.Model.Forward(new ForwardInputs(
        new HostTensor("input_ids", ids, 1, ids.Length),
        new HostTensor("attention_mask", mask, 1, ids.Length),
        new HostTensor("decoder_input_ids", [0L, 4, 11], 1, 3)))[0].Floats;

    private static void Refused(string part, Action action)
    {
        var error = Assert.Throws<InputException>(action);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static void Compare(Fixture fixture, IReadOnlyList<HostTensor> outputs, string name, Func<long, bool> counts)
    {
        var expected = fixture.Recorded.ReadFloat32($"out.{name}");
        var output = outputs.Single(o => o.Name == name);
        Assert.Equal(fixture.Recorded.Tensors[$"out.{name}"].Shape, output.Shape);
        var width = output.Shape[^1];
        var real = Enumerable.Range(0, expected.Length).Where(i => counts(i / width)).ToArray();
        var largest = real.Max(i => Math.Abs(expected[i]));
        Assert.All(real, i => Assert.InRange(Math.Abs(output.Floats[i] - expected[i]), 0, Relative * largest));
    }

    private sealed class Fixture : IDisposable
    {
        private readonly ComputeDevice _device;
        private readonly int _eos;
        private readonly int? _forcedEos;

        public Fixture(string name, VariantKind variant)
        {
            var folder = Fixtures.Folder($"tiny/{name}");
            Path = System.IO.Path.Combine(folder, "io.safetensors");
            _device = ComputeDevice.Open("cpu", variant);
            Model = (GenerativeModel)TransformerModel.Load(folder, _device);
            Recorded = SafetensorsFile.Open(Path);
            var config = ModelConfig.Load(folder);
            _eos = config.Whole("eos_token_id");
            _forcedEos = config.Has("forced_eos_token_id") ? config.Whole("forced_eos_token_id") : null;
        }

        public string Path { get; }

        public GenerativeModel Model { get; }

        public SafetensorsFile Recorded { get; }

        /// <summary>The recorded sources without their padding.</summary>
        public DecodingRequest Request(IEnumerable<int[]> prompts, int sequences, int maxLength)
        {
            var ids = Recorded.ReadInt64("in.input_ids").Chunk(13).ToArray();
            var mask = Recorded.ReadInt64("in.attention_mask").Chunk(13).ToArray();
            return new DecodingRequest([.. prompts], sequences, maxLength)
            {
                Sources = [.. ids.Select((row, s) => row.Where((_, i) => mask[s][i] != 0).Select(id => (int)id).ToArray())],
            };
        }

        /// <summary>The best token that is not the stop token; the last one may be forced.</summary>
        public int Greedy(Span<float> logits, bool isLast)
        {
            logits[_eos] = float.NegativeInfinity;
            return isLast && _forcedEos is { } forced ? forced : ArgMax.Of(logits);
        }

        /// <summary>Shorter sequences are recorded with stop tokens behind.</summary>
        public void CompareIds(string recorded, IReadOnlyList<GenerationResult> answers)
        {
            var rows = Recorded.ReadInt64(recorded).Chunk((int)Recorded.Tensors[recorded].Shape[1]).ToArray();
            Assert.Equal(rows.Length, answers.Count);
            foreach (var (row, answer) in rows.Zip(answers))
            {
                Assert.Equal(row[..answer.Ids.Count].Select(id => (int)id), answer.Ids);
                Assert.All(row[answer.Ids.Count..], id => Assert.Equal(_eos, id));
            }
        }

        public void Dispose()
        {
            Recorded.Dispose();
            Model.Dispose();
            _device.Dispose();
        }
    }
}
