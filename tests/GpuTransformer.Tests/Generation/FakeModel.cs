using GpuTransformer.Generation;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Generation;

/// <summary>A model whose logits are any function of the tokens so far.</summary>
internal sealed class FakeModel(int vocabSize, Func<int[], float[]> logits)
{
    /// <summary>The most sequences that were alive at once.</summary>
    public int MostSequences { get; private set; }

    /// <summary>Sequences computed, all steps together.</summary>
    public int Computed { get; private set; }

    /// <summary>Decodings that are not yet disposed of.</summary>
    public int Open { get; private set; }

    public int MaxLength { get; init; } = int.MaxValue;

    public bool IsEncoderDecoder { get; init; }

    public ITokenizer? Tokenizer { get; init; }

    public GenerationTarget Target => new(
        vocabSize, MaxLength, IsEncoderDecoder, request => new Decoding(this, request), () => Tokenizer ?? throw new InvalidOperationException());

    /// <summary>Logits that look random and depend on every token so far.</summary>
    public static FakeModel Random(int vocabSize, int seed = 1, float width = 3) => new(vocabSize, ids =>
    {
        var hash = ids.Aggregate((uint)seed, (state, id) => state * 747796405u + (uint)id + 2891336453u);
        return [.. Enumerable.Range(0, vocabSize).Select(i => width * ((Mix(hash + (uint)i * 2654435769u) >> 8) / (float)(1 << 24)))];
    });

    public float[] Logits(params int[] ids) => logits(ids);

    public double LogProb(int[] ids, int from)
    {
        var sum = 0.0;
        for (var i = from; i < ids.Length; i++)
        {
            var row = logits(ids[..i]);
            sum += row[ids[i]] - Math.Log(row.Sum(x => Math.Exp(x)));
        }

        return sum;
    }

    public GenerationResult[] Generate(GenerationOptions options, params int[][] prompts) =>
        [.. Generator.Run(Target, new GenerationInputs(prompts), options.Over(new()), default)];

    private static uint Mix(uint x)
    {
        x = (x ^ (x >> 16)) * 0x7feb352d;
        x = (x ^ (x >> 15)) * 0x846ca68b;
        return x ^ (x >> 16);
    }

    private sealed class Decoding : GpuTransformer.Generation.IDecoding
    {
        private readonly FakeModel _model;
        private readonly DecodingRequest _request;
        private List<int[]> _sequences;
        private List<float[]> _logits;

        public Decoding(FakeModel model, DecodingRequest request)
        {
            (_model, _request, _sequences) = (model, request, [.. request.Prompts]);
            _logits = Compute();
            model.Open++;
        }

        public int VocabSize => _logits[0].Length;

        public int Sequences => _sequences.Count;

        public Span<float> Logits(int sequence) => _logits[sequence];

        public void Append(ReadOnlySpan<int> ids)
        {
            Assert.Equal(_sequences.Count, ids.Length);
            for (var i = 0; i < ids.Length; i++)
            {
                Assert.InRange(ids[i], 0, VocabSize - 1);
                _sequences[i] = [.. _sequences[i], ids[i]];
            }

            _logits = Compute();
        }

        public void Reorder(ReadOnlySpan<int> source)
        {
            var order = source.ToArray();
            Assert.InRange(order.Length, 1, _request.Sequences);
            _sequences = [.. order.Select(i => _sequences[i])];
            _logits = [.. order.Select(i => (float[])_logits[i].Clone())];
        }

        public void Dispose() => _model.Open--;

        private List<float[]> Compute()
        {
            Assert.All(_sequences, s => Assert.InRange(s.Length, 1, _request.MaxLength));
            _model.MostSequences = Math.Max(_model.MostSequences, _sequences.Count);
            _model.Computed += _sequences.Count;
            return [.. _sequences.Select(ids => (float[])_model.Logits(ids).Clone())];
        }
    }
}
