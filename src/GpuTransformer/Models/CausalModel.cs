using GpuTransformer.Generation;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>A decoder: each token sees those before it, and its logits say which comes next. A family gives its config
/// and its layers; programs, caches and decoding are here.</summary>
public abstract class CausalModel : GenerativeModel
{
    /// <summary>Rows of a run that reads texts: enough for the matmuls to be at their best, and memory that does not grow
    /// with the text.</summary>
    internal const int PrefillRows = 512;

    /// <summary>Logits of a run that gives those of every row: 128 MB.</summary>
    private const int LogitsOfARun = 1 << 25;

    private const int UsualLength = 1024;

    private protected CausalModel(ModelWeights weights, ComputeDevice device, string folder)
        : base(weights, device, folder)
    {
    }

    /// <inheritdoc/>
    public sealed override bool IsEncoderDecoder => false;

    /// <summary>How queries and keys turn with their positions; null: they do not.</summary>
    internal virtual RotaryEmbedding? Rotary => null;

    /// <summary>How many keys a row of the layers with a sliding window sees, its own included; null: there are none.</summary>
    internal virtual int? SlidingWindow => null;

    /// <summary>The most tokens of a forward pass, which may go on where generation stops.</summary>
    internal virtual int LongestForward => MaxTargetLength;

    /// <summary>The layers, from token rows to hidden states before the last norm, [tokens, hidden].</summary>
    internal abstract GraphTensor BuildHidden(GraphBuilder graph, CausalSpace space);

    /// <summary>The last norm and the output layer, over the rows whose logits are asked for.</summary>
    internal abstract GraphTensor BuildLogits(GraphBuilder graph, GraphTensor hidden);

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        inputs.Allow("input_ids", "attention_mask");
        var batch = TokenBatch.Of(inputs.Require("input_ids"), inputs.Optional("attention_mask"), VocabularySize);
        if (batch.Length > LongestForward)
        {
            throw new InputException($"a text of {batch.Length} tokens, the model has {LongestForward} positions.");
        }

        var (texts, places) = RealTokens(batch);
        var elements = (long)batch.Batch * batch.Length * VocabularySize;
        if (elements > Array.MaxLength)
        {
            throw new InputException(
                $"input_ids: [{batch.Batch}, {batch.Length}] has {elements} logits, more than one array holds.");
        }

        return [new HostTensor("logits", Logits(texts, places, elements), batch.Batch, batch.Length, VocabularySize)];
    }

    /// <summary>Logits of the token that follows the ids.</summary>
    /// <returns>[vocab_size].</returns>
    /// <exception cref="InputException">An id is not in the vocabulary, or the text is longer than the model.</exception>
    public float[] NextLogits(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        using var decoding = Start(new DecodingRequest([[.. ids]], 1, ids.Count));
        return decoding.Logits(0).ToArray();
    }

    internal override IDecoding Start(DecodingRequest request) => new CausalDecoding(this, request);

    internal CausalProgram NewProgram(string kind, int rows, int sequences, int length, int selected) =>
        new(this, $"{Architecture} {kind}", rows, sequences, length, selected);

    internal Session Open(Program program, KeyValueStore? store) => NewSession(program, store);

    private protected override IReadOnlyList<Session> PlanSessions()
    {
        var length = Math.Min(UsualLength, MaxTargetLength);
        var step = new CausalRun(this, NewProgram("step", 1, 1, length, 1), null);
        var rows = Math.Min(128, length);
        var prefill = new CausalRun(this, NewProgram("prefill", rows, 1, length, 1), step.Session.Store);
        return [step.Session, prefill.Session];
    }

    /// <summary>Texts without padding, and the place of each token in the padded batch. Positions count from the first
    /// real token.</summary>
    private static (int[][] Texts, List<int> Places) RealTokens(TokenBatch batch)
    {
        var texts = new int[batch.Batch][];
        var places = new List<int>(batch.Batch * batch.Length);
        for (var s = 0; s < batch.Batch; s++)
        {
            var ids = new List<int>(batch.Length);
            for (var i = 0; i < batch.Length; i++)
            {
                if (batch.IsReal(s, i))
                {
                    ids.Add(batch.Id(s, i));
                    places.Add(s * batch.Length + i);
                }
            }

            texts[s] = [.. ids];
        }

        return (texts, places);
    }

    /// <summary>Logits of every token at its place; zeros under padding.</summary>
    private float[] Logits(int[][] texts, List<int> places, long elements)
    {
        var values = new float[elements];
        if (places.Count == 0)
        {
            return values;
        }

        var rows = Math.Min(Math.Clamp(LogitsOfARun / VocabularySize, 16, PrefillRows), places.Count);
        using var run = new CausalRun(this, NewProgram("forward", rows, texts.Length, texts.Max(t => t.Length), rows), null);
        using var cache = new PageCache(run.Program.Program, run.Program.Space.Tokens.Keys, run.Session.Store);
        foreach (var _ in texts)
        {
            cache.Begin();
        }

        var (done, width, packed) = (0, VocabularySize, new float[rows * VocabularySize]);
        run.Read(cache, texts, everyRow: true, selected =>
        {
            run.ReadLogits(packed.AsSpan(0, selected * width));
            for (var r = 0; r < selected; r++, done++)
            {
                packed.AsSpan(r * width, width).CopyTo(values.AsSpan(places[done] * width));
            }
        });
        return values;
    }
}
