using GpuTransformer.Generation;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>config.json of a tokens-to-tokens transformer.</summary>
public sealed record Seq2SeqConfig(
    TransformerConfig Transformer,
    bool Autoregressive,
    bool ScaleEmbedding,
    int Pad,
    int Start,
    int Stop,
    int MaxTarget,
    IReadOnlyList<string> SourceVocabulary,
    IReadOnlyList<string> TargetVocabulary)
{
    internal static Seq2SeqConfig Read(ModelConfig config)
    {
        config.OneOf("positions", "sinusoidal");
        var source = config.Texts("source_vocabulary");
        var target = config.Texts("target_vocabulary");
        var smaller = Math.Min(source.Length, target.Length) - 1;
        var transformer = new TransformerConfig(
            config.Whole("d_model", 1, 1 << 16),
            config.Whole("heads", 1, 1 << 10),
            config.Whole("encoder_layers", 1, 1 << 10),
            config.Whole("decoder_layers", 1, 1 << 10),
            config.Whole("ffn", 1, 1 << 20),
            ActivationNames.Read(config, "activation", "relu"),
            config.OneOf("norm", "post", "pre") == "pre",
            config.Flag("final_norm"),
            (float)config.NumberOr("layer_norm_eps", 1e-5, 0, 1));
        if (transformer.DModel % transformer.NHead != 0)
        {
            throw config.Error("d_model", $"a multiple of heads {transformer.NHead}", $"{transformer.DModel}");
        }

        return new Seq2SeqConfig(
            transformer,
            config.OneOf("decoder", "autoregressive", "non-autoregressive") == "autoregressive",
            config.Flag("scale_embedding"),
            config.Whole("pad", 0, smaller),
            config.Whole("start", 0, smaller),
            config.Whole("stop", 0, smaller),
            config.Whole("max_target", 1, Seq2SeqTransformer.MaxPositions),
            source,
            target);
    }
}

/// <summary>The transformer of 2017 from tokens to tokens, with sinusoidal positions; the decoder goes token by token,
/// or all at once from start tokens (non-autoregressive: Gu et al. 2017, arXiv:1711.02281, without fertilities).</summary>
public sealed class Seq2SeqTransformer : TransformerModel
{
    /// <summary>Tokens that the position table holds; a longer text is an error.</summary>
    public const int MaxPositions = 1024;

    private readonly Seq2SeqConfig _config;
    private readonly TransformerStacks _stacks;
    private readonly EmbeddingWeights _source;
    private readonly EmbeddingWeights _target;
    private readonly EmbeddingWeights _positions;
    private readonly LinearWeights _generator;
    private readonly Lazy<CharacterTokenizer> _letters;
    private readonly RunPool<EncoderDecoderRun> _runs = new();

    private Seq2SeqTransformer(Seq2SeqConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        _letters = new Lazy<CharacterTokenizer>(() => CharacterTokenizer.Source(ModelConfig.Load(folder)));
        var d = config.Transformer.DModel;
        _source = load.Table("source_embedding.weight", config.SourceVocabulary.Count, d);
        _target = load.Table("target_embedding.weight", config.TargetVocabulary.Count, d);
        _stacks = new TransformerStacks(load, "transformer.", config.Transformer);
        _generator = load.Linear("generator", d, config.TargetVocabulary.Count);
        _positions = load.Computed("positions", MaxPositions, d, SinusoidalTable.Create(MaxPositions, d));
    }

    /// <summary>The config.</summary>
    public Seq2SeqConfig Config => _config;

    /// <inheritdoc/>
    public override string Architecture => _config.Autoregressive ? "transformer-seq2seq" : "transformer-seq2seq (non-autoregressive)";

    internal static Seq2SeqTransformer Load(ModelConfig config, ComputeDevice device)
    {
        var read = Seq2SeqConfig.Read(config);
        using var store = config.OpenWeights();
        var load = new WeightLoader(store, device);
        var model = new Seq2SeqTransformer(read, load, device, config.Folder);
        load.Pack("positions");
        return model;
    }

    /// <summary>Turns words into what they are spelled as in the target vocabulary: letters to phonemes.</summary>
    /// <returns>Names of the target vocabulary with spaces between, a text a word.</returns>
    /// <exception cref="InputException">A letter is not in the vocabulary, or a word is longer than the positions.</exception>
    public IReadOnlyList<string> Transcribe(params IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var answers = Generate([.. words.Select(word => _letters.Value.Encode(word).Ids)]);
        return [.. answers.Select(ids => string.Join(' ', ids.Select(id => _config.TargetVocabulary[id])))];
    }

    /// <summary>Turns source texts into target texts, greedily.</summary>
    /// <param name="sources">Source ids of each text, its stop token included.</param>
    /// <returns>Target ids of each, without start and stop.</returns>
    /// <exception cref="InputException">An id is not in the vocabulary, or a text is longer than the positions.</exception>
    public IReadOnlyList<int[]> Generate(IReadOnlyList<int[]> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        if (sources.Count == 0 || sources.Any(s => s.Length == 0))
        {
            throw new InputException($"sources: {sources.Count} texts, at least one with at least one id each is needed.");
        }

        var batch = TokenBatch.Of(sources, "source", _config.SourceVocabulary.Count);
        var steps = _config.MaxTarget;
        return Run(
            batch,
            _config.Autoregressive ? batch.Batch : batch.Batch * steps,
            steps,
            run => _config.Autoregressive ? DecodeStepwise(run, batch.Batch) : DecodeAtOnce(run, batch.Batch));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        inputs.Allow("input_ids", "decoder_input_ids", "attention_mask");
        var source = TokenBatch.Of(
            inputs.Require("input_ids"), inputs.Optional("attention_mask"), _config.SourceVocabulary.Count, _config.Pad);
        var targetIds = _config.Autoregressive ? inputs.Require("decoder_input_ids") : inputs.Optional("decoder_input_ids") ?? StartTokens(source.Batch);
        var target = TokenBatch.Of(targetIds, null, _config.TargetVocabulary.Count, _config.Autoregressive ? _config.Pad : null);
        if (target.Batch != source.Batch || target.Length > MaxPositions)
        {
            throw new InputException(
                $"decoder_input_ids: expected [{source.Batch}, up to {MaxPositions}], found [{target.Batch}, {target.Length}].");
        }

        return Run(source, target.Batch * target.Length, target.Length, run => DecodeTeacherForced(run, source, target));
    }

    private HostTensor[] DecodeTeacherForced(EncoderDecoderRun run, TokenBatch source, TokenBatch target)
    {
        var rows = new DecoderRows(run);
        for (var s = 0; s < target.Batch; s++)
        {
            // Padding in the target is computed too, as PyTorch does, but nothing sees it.
            var slot = 0;
            for (var i = 0; i < target.Length; i++)
            {
                var real = target.IsReal(s, i);
                var own = real ? slot++ : -1;
                rows.Add(s, target.Id(s, i), i, own, _config.Autoregressive ? slot : target.Length);
            }
        }

        rows.Run();
        var logits = new float[target.Batch * target.Length * _config.TargetVocabulary.Count];
        run.Decoder.Read(run.Output, logits);
        return
        [
            new HostTensor("logits", logits, target.Batch, target.Length, _config.TargetVocabulary.Count),
            new HostTensor(
                "encoder_last_hidden_state", run.ReadMemory(source.Batch, source.Length), source.Batch, source.Length, _config.Transformer.DModel),
        ];
    }

    private protected override IReadOnlyList<Session> PlanSessions()
    {
        var run = NewRun(1, 32, _config.Autoregressive ? 1 : _config.MaxTarget, _config.MaxTarget);
        return [run.Decoder, run.Encoder];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _runs.Dispose();
        base.Dispose(disposing);
    }

    private HostTensor StartTokens(int batch)
    {
        var ids = new long[batch * _config.MaxTarget];
        Array.Fill(ids, _config.Start);
        return new HostTensor("decoder_input_ids", ids, batch, _config.MaxTarget);
    }

    private TResult Run<TResult>(TokenBatch source, int targetRows, int targetLength, Func<EncoderDecoderRun, TResult> decode)
    {
        if (source.Length > MaxPositions)
        {
            throw new InputException($"input_ids: a text of {source.Length} tokens, the model takes {MaxPositions}.");
        }

        var run = _runs.Rent(
            idle => idle.Fits(source.Batch, source.Length, targetRows, targetLength),
            () => NewRun(source.Batch, source.Length, targetRows, targetLength));
        try
        {
            run.Encode(source.Batch, source.Length, source.IsReal, source.Id);
            return decode(run);
        }
        finally
        {
            _runs.Return(run);
        }
    }

    private EncoderDecoderRun NewRun(int sequences, int sourceLength, int targetRows, int targetLength)
    {
        var d = _config.Transformer.DModel;
        var scale = _config.ScaleEmbedding ? MathF.Sqrt(d) : 1f;
        return new EncoderDecoderRun(
            "seq2seq",
            sequences,
            sourceLength,
            targetRows,
            targetLength,
            (graph, space, memory) => _stacks.BuildEncoder(
                graph,
                graph.Embedding("source_embedding", space.Rows, space.Ids, _source, scale, (space.Positions, _positions)),
                space,
                memory),
            (graph, space, memory) => graph.Linear(
                "generator",
                _stacks.BuildDecoder(
                    graph,
                    graph.Embedding("target_embedding", space.Rows, space.Ids, _target, scale, (space.Positions, _positions)),
                    space,
                    memory),
                _generator),
            NewSession);
    }

    private List<int[]> DecodeStepwise(EncoderDecoderRun run, int batch)
    {
        var texts = Enumerable.Range(0, batch).Select(_ => new List<int>()).ToArray();
        var active = Enumerable.Range(0, batch).ToList();
        var width = _config.TargetVocabulary.Count;
        var logits = new float[batch * width];
        for (var step = 0; step < _config.MaxTarget && active.Count > 0; step++)
        {
            var rows = new DecoderRows(run);
            foreach (var s in active)
            {
                rows.Add(s, step == 0 ? _config.Start : texts[s][^1], step, step, step + 1);
            }

            rows.Run();
            run.Decoder.Read(run.Output, logits.AsSpan(0, active.Count * width));
            for (var i = active.Count - 1; i >= 0; i--)
            {
                var id = ArgMax.Of(logits.AsSpan(i * width, width));
                if (id == _config.Stop)
                {
                    active.RemoveAt(i);
                }
                else
                {
                    texts[active[i]].Add(id);
                }
            }
        }

        return [.. texts.Select(t => t.ToArray())];
    }

    private List<int[]> DecodeAtOnce(EncoderDecoderRun run, int batch)
    {
        var rows = new DecoderRows(run);
        for (var s = 0; s < batch; s++)
        {
            for (var i = 0; i < _config.MaxTarget; i++)
            {
                rows.Add(s, _config.Start, i, i, _config.MaxTarget);
            }
        }

        rows.Run();
        var width = _config.TargetVocabulary.Count;
        var logits = new float[batch * _config.MaxTarget * width];
        run.Decoder.Read(run.Output, logits);
        var texts = new List<int[]>();
        for (var s = 0; s < batch; s++)
        {
            // The length is that of the text before the first stop.
            var ids = Enumerable.Range(0, _config.MaxTarget)
                .Select(i => ArgMax.Of(logits.AsSpan((s * _config.MaxTarget + i) * width, width)))
                .TakeWhile(id => id != _config.Stop);
            texts.Add([.. ids]);
        }

        return texts;
    }
}
