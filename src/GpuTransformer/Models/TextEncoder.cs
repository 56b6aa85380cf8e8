using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>An encoder of BERT's kind with what stands on it. Families differ in config, names, positions and heads.</summary>
public abstract partial class TextEncoder : TransformerModel
{
    private readonly EncoderStack _stack;
    private readonly EncoderHead? _head;
    private readonly RunPool<EncoderRun> _runs;

    private protected TextEncoder(EncoderConfig config, EncoderStack stack, EncoderHead? head, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        Config = config;
        _stack = stack;
        _head = head;

        // On a CPU batches run in parts, short texts together and long ones, and a run of a part is small.
        _runs = new RunPool<EncoderRun>(device.Kernels.Traits.Kind == DeviceKind.Cpu ? 4 : 1);
    }

    /// <summary>The config.</summary>
    public EncoderConfig Config { get; }

    /// <inheritdoc/>
    public override string Architecture => Config.Architecture;

    /// <summary>Whether the model was trained on token types, as its tokenizer gives them out.</summary>
    private protected abstract bool ReadsTypes { get; }

    /// <summary>The last hidden states of texts: for each [tokens, hiddenSize].</summary>
    /// <exception cref="InputException">A text is longer than the model, or an id is not in the vocabulary.</exception>
    public float[][] HiddenStates(IReadOnlyList<Tokenization> texts) =>
        [.. Parts(texts).SelectMany(part => Run(Batch(part), static (_, _) => false, [], run => run.ReadHiddenOf(part)))];

    /// <summary>Hands each text's last hidden states, [tokens, hiddenSize], to <paramref name="use"/>, which may not keep
    /// them.</summary>
    /// <exception cref="InputException">A text is longer than the model, or an id is not in the vocabulary.</exception>
    internal void VisitHidden(IReadOnlyList<Tokenization> texts, Action<int, ReadOnlySpan<float>> use)
    {
        var first = 0;
        foreach (var part in Parts(texts))
        {
            Run(Batch(part), static (_, _) => false, [], run => run.VisitHiddenOf(part, first, use));
            first += part.Count;
        }
    }

    /// <summary>What the head over a whole text gives: for each text [labels].</summary>
    /// <exception cref="InputException">There is no such head, or a text does not fit.</exception>
    public float[][] SequenceLogits(IReadOnlyList<Tokenization> texts)
    {
        RequireHead(EncoderTask.SequenceClassification);
        return [.. Parts(texts).SelectMany(part => Run(
            Batch(part), static (_, i) => i == 0, [.. Enumerable.Range(0, part.Count).Select(s => (s, 0))], run => run.ReadRows(part.Count)))];
    }

    /// <summary>What the head over each token gives: for each text [tokens, labels].</summary>
    /// <exception cref="InputException">There is no such head, or a text does not fit.</exception>
    public float[][] TokenLogits(IReadOnlyList<Tokenization> texts)
    {
        RequireHead(EncoderTask.TokenClassification);
        return [.. Parts(texts).SelectMany(part => Run(
            Batch(part), static (_, _) => false, EveryToken(part), run => run.ReadRowsOf(part)))];
    }

    /// <summary>Logits over the vocabulary at places of texts.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="places">Which tokens of each text.</param>
    /// <returns>For each text, for each place [vocab_size].</returns>
    /// <exception cref="InputException">There is no masked-language-model head, or a text does not fit.</exception>
    public float[][][] LogitsAt(IReadOnlyList<Tokenization> texts, IReadOnlyList<int[]> places)
    {
        RequireHead(EncoderTask.MaskedLm);
        var answers = new List<float[][]>();
        foreach (var part in Parts(texts))
        {
            var wanted = part.SelectMany((_, s) => places[answers.Count + s].Select(at => (s, at))).ToArray();
            var rows = Run(Batch(part), static (_, _) => false, wanted, run => run.ReadRows(wanted.Length));
            var next = 0;
            for (var s = 0; s < part.Count; s++)
            {
                var count = places[answers.Count].Length;
                answers.Add(rows[next..(next + count)]);
                next += count;
            }
        }

        return [.. answers];
    }

    /// <summary>Logits over the vocabulary at one place of a text.</summary>
    /// <param name="ids">The text's ids, with special tokens.</param>
    /// <param name="at">Which of them.</param>
    /// <returns>[vocab_size].</returns>
    public float[] LogitsAt(ReadOnlySpan<int> ids, int at)
    {
        RequireHead(EncoderTask.MaskedLm);
        if (at < 0 || at >= ids.Length)
        {
            throw new InputException($"place {at} of {ids.Length} ids.");
        }

        return Run(TokenBatch.Of(ids, "ids", Config.VocabSize), static (_, _) => false, [(0, at)], run => run.ReadRows(1)[0]);
    }

    /// <summary>The attention weights of one layer over a text.</summary>
    /// <returns>[numHeads, length, length]: head, from, to.</returns>
    public float[,,] AttentionWeights(ReadOnlySpan<int> ids, int layer)
    {
        if (layer < 0 || layer >= Config.NumHiddenLayers)
        {
            throw new InputException($"layer {layer} of {Config.NumHiddenLayers}.");
        }

        var batch = TokenBatch.Of(ids, "ids", Config.VocabSize);
        using var run = new EncoderRun(this, batch.Length, 1, batch.Length, 1, layer);
        run.Start(batch, static (_, _) => false, []);
        return run.ReadMap(batch.Length);
    }

    /// <summary>A session that is filled for one text and may be run again and again.</summary>
    internal Session NewTextSession(ReadOnlySpan<int> ids)
    {
        var batch = TokenBatch.Of(ids, "ids", Config.VocabSize);
        var run = new EncoderRun(this, batch.Length, 1, batch.Length, 1, null);
        run.Start(batch, static (_, _) => false, [(0, 0)]);
        return run.Session;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        inputs.Allow(Config.TypeVocabSize > 0 ? ["input_ids", "attention_mask", "token_type_ids"] : ["input_ids", "attention_mask"]);
        var batch = TokenBatch.Of(
            inputs.Require("input_ids"), inputs.Optional("attention_mask"), Config.VocabSize, null,
            inputs.Optional("token_type_ids"), Config.TypeVocabSize);

        // A head over the first token reads rows that the mask may hide: those are computed, but nothing sees them.
        var perToken = _head is { IsPerToken: true };
        var rows = Enumerable.Range(0, batch.Batch).Select(s => Math.Max(1, batch.RealTokens(s))).ToArray();
        var parts = BatchParts.Cut(rows, MostRows).Select(range => batch.Slice(range)).Select(part =>
        {
            var wanted = _head is null ? [] : Wanted(part, perToken);
            return Run(part, (_, i) => _head is not null && !perToken && i == 0, wanted, run => run.ReadOutputs(part, wanted));
        }).ToArray();
        return [.. Enumerable.Range(0, parts[0].Count).Select(i => HostTensor.Joined([.. parts.Select(part => part[i])]))];
    }

    private static List<(int, int)> Wanted(TokenBatch batch, bool perToken)
    {
        var wanted = new List<(int, int)>();
        for (var s = 0; s < batch.Batch; s++)
        {
            for (var i = 0; i < (perToken ? batch.Length : 1); i++)
            {
                if (!perToken || batch.IsReal(s, i))
                {
                    wanted.Add((s, i));
                }
            }
        }

        return wanted;
    }

    private protected override IReadOnlyList<Session> PlanSessions()
    {
        var tokens = Math.Min(128, Config.MaxLength);
        return [new EncoderRun(this, tokens, 1, tokens, _head is { IsPerToken: true } ? tokens : 1, null).Session];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _runs.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The length that a text has is one that the model takes.</summary>
    private protected void CheckLength(int tokens)
    {
        if (tokens > Config.MaxLength)
        {
            throw new InputException($"a text of {tokens} tokens, the model takes {Config.MaxLength}.");
        }
    }

    /// <summary>Refuses a model that was not made for a task.</summary>
    internal void RequireHead(EncoderTask task)
    {
        if (Config.Task != task)
        {
            throw new InputException(
                $"{Folder}: {Architecture} has no head for {(task switch
                {
                    EncoderTask.MaskedLm => "masked language modelling",
                    EncoderTask.SequenceClassification => "sequence classification",
                    _ => "token classification",
                })}.");
        }
    }

    private TokenBatch Batch(IReadOnlyList<Tokenization> texts) => TokenBatch.Of(
        [.. texts.Select(t => t.Ids)], "ids", Config.VocabSize, ReadsTypes ? [.. texts.Select(t => t.TypeIds)] : null, Config.TypeVocabSize);

    private static List<(int, int)> EveryToken(IReadOnlyList<Tokenization> texts) =>
        [.. texts.SelectMany((text, s) => Enumerable.Range(0, text.Ids.Length).Select(i => (s, i)))];

    private int MostRows => BatchParts.MostRows(Device.Kernels);

    private List<IReadOnlyList<Tokenization>> Parts(IReadOnlyList<Tokenization> texts)
    {
        foreach (var text in texts)
        {
            CheckLength(text.Ids.Length);
            if (text.Ids.Length == 0)
            {
                throw new InputException("a text without any token.");
            }
        }

        return [.. BatchParts.Cut([.. texts.Select(text => text.Ids.Length)], MostRows).Select(range =>
        {
            var (first, count) = range.GetOffsetAndLength(texts.Count);
            return (IReadOnlyList<Tokenization>)[.. Enumerable.Range(first, count).Select(i => texts[i])];
        })];
    }
}
