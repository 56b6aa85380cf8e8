using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>BERT's config.json, under Hugging Face's names.</summary>
public sealed record BertConfig(
    int VocabSize,
    int HiddenSize,
    int NumHiddenLayers,
    int NumAttentionHeads,
    int IntermediateSize,
    int MaxPositionEmbeddings,
    int TypeVocabSize,
    float LayerNormEps,
    ActivationKind HiddenAct,
    bool TieWordEmbeddings,
    bool HasMaskedLmHead)
{
    internal static BertConfig Read(ModelConfig config)
    {
        var architecture = config.Has("architectures") ? config.Texts("architectures").FirstOrDefault("BertModel") : "BertModel";
        if (architecture is not ("BertModel" or "BertForMaskedLM"))
        {
            throw config.Error("architectures", "BertModel or BertForMaskedLM", architecture);
        }

        if (config.FlagOr("is_decoder", false) || config.FlagOr("add_cross_attention", false))
        {
            throw config.Error("is_decoder", "an encoder without cross attention", "a decoder");
        }

        if (config.TextOr("position_embedding_type", "absolute") is var kind && kind != "absolute")
        {
            throw config.Error("position_embedding_type", "absolute", kind);
        }

        var read = new BertConfig(
            config.Whole("vocab_size", 1, 1 << 24),
            config.Whole("hidden_size", 1, 1 << 16),
            config.Whole("num_hidden_layers", 1, 1 << 10),
            config.Whole("num_attention_heads", 1, 1 << 10),
            config.Whole("intermediate_size", 1, 1 << 20),
            config.Whole("max_position_embeddings", 1, 1 << 20),
            config.WholeOr("type_vocab_size", 2, 1, 1 << 16),
            (float)config.NumberOr("layer_norm_eps", 1e-12, 0, 1),
            ActivationNames.Read(config, "hidden_act", "gelu"),
            config.FlagOr("tie_word_embeddings", true),
            architecture == "BertForMaskedLM");
        return read.HiddenSize % read.NumAttentionHeads == 0
            ? read
            : throw config.Error("hidden_size", $"a multiple of num_attention_heads {read.NumAttentionHeads}", $"{read.HiddenSize}");
    }
}

/// <summary>BERT (Devlin et al. 2018, arXiv:1810.04805): encoder, with pooler or masked-language-model head.
/// Follows transformers/models/bert/modeling_bert.py.</summary>
public sealed partial class Bert : TransformerModel
{
    private readonly BertConfig _config;
    private readonly EmbeddingWeights _words;
    private readonly EmbeddingWeights _positions;
    private readonly EmbeddingWeights _types;
    private readonly NormWeights _embeddingNorm;
    private readonly Layer[] _layers;
    private readonly LinearWeights? _pooler;
    private readonly MaskedLmHead? _head;
    private readonly RunPool<EncoderRun> _runs = new();

    private Bert(BertConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        var hidden = config.HiddenSize;
        _words = load.Table("embeddings.word_embeddings.weight", config.VocabSize, hidden);
        _positions = load.Table("embeddings.position_embeddings.weight", config.MaxPositionEmbeddings, hidden);
        _types = load.Table("embeddings.token_type_embeddings.weight", config.TypeVocabSize, hidden);
        _embeddingNorm = load.Norm("embeddings.LayerNorm", hidden, config.LayerNormEps);
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new Layer(load, $"encoder.layer.{i}", config))];
        if (config.HasMaskedLmHead)
        {
            _head = new MaskedLmHead(load, config);
        }
        else if (load.Has("pooler.dense.weight"))
        {
            _pooler = load.Linear("pooler.dense", hidden, hidden);
        }
    }

    /// <summary>The config.</summary>
    public BertConfig Config => _config;

    /// <inheritdoc/>
    public override string Architecture => _config.HasMaskedLmHead ? "BertForMaskedLM" : "BertModel";

    internal static Bert Load(ModelConfig config, ComputeDevice device)
    {
        var read = BertConfig.Read(config);
        using var store = config.OpenWeights("", "bert.");
        var load = new WeightLoader(store, device);
        var model = new Bert(read, load, device, config.Folder);
        load.Pack("*.position_ids", "position_ids", read.HasMaskedLmHead ? "bert.pooler.*" : "cls.*", "cls.seq_relationship.*", "cls.predictions.decoder.*");
        return model;
    }

    /// <summary>The best words for the [MASK] of a text.</summary>
    /// <param name="text">Holds [MASK] once.</param>
    /// <param name="count">How many words.</param>
    /// <returns>Tokens and their probabilities, the best first.</returns>
    /// <exception cref="InputException">There is not one mask, or the text is longer than the positions.</exception>
    public IReadOnlyList<(string Token, double Probability)> FillMask(string text, int count = 5)
    {
        var ids = Tokenizer.Encode(text).Ids;
        var mask = Tokenizer.TokenToId("[MASK]") ?? throw new InputException($"{Folder}: the vocabulary has no [MASK].");
        var masks = ids.Count(id => id == mask);
        if (masks != 1)
        {
            throw new InputException($"'{text}': expected one [MASK], found {masks}.");
        }

        var logits = LogitsAt(ids, Array.IndexOf(ids, mask));
        var largest = logits.Max();
        var sum = logits.Sum(l => Math.Exp(l - largest));
        return [.. logits
            .Select((logit, id) => (Token: Tokenizer.IdToToken(id) ?? "", Probability: Math.Exp(logit - largest) / sum))
            .OrderByDescending(word => word.Probability)
            .Take(count)];
    }

    /// <summary>Logits over the vocabulary at one place of a text.</summary>
    /// <param name="ids">The text's ids, with [CLS] and [SEP].</param>
    /// <param name="at">Which of them.</param>
    /// <returns>[vocab_size].</returns>
    public float[] LogitsAt(ReadOnlySpan<int> ids, int at)
    {
        if (_head is null || at < 0 || at >= ids.Length)
        {
            throw new InputException(_head is null ? $"{Architecture} has no masked-language-model head." : $"place {at} of {ids.Length} ids.");
        }

        var batch = TokenBatch.Of(ids, "ids", _config.VocabSize);
        return Run(batch, static (_, _) => false, [(0, at)], run =>
        {
            var logits = new float[_config.VocabSize];
            run.Session.Read(run.Logits!.Value, logits);
            return logits;
        });
    }

    /// <summary>The attention weights of one layer over a text.</summary>
    /// <returns>[numHeads, length, length]: head, from, to.</returns>
    public float[,,] AttentionWeights(ReadOnlySpan<int> ids, int layer)
    {
        if (layer < 0 || layer >= _layers.Length)
        {
            throw new InputException($"layer {layer} of {_layers.Length}.");
        }

        var batch = TokenBatch.Of(ids, "ids", _config.VocabSize);
        using var run = new EncoderRun(this, batch.Length, 1, batch.Length, 1, layer);
        run.Start(batch, static (_, _) => false, [(0, 0)]);
        var map = run.Session.Program.Outputs["attention"];
        var values = new float[batch.Length * map.Width];
        run.Session.Read(map, values);
        var heads = _config.NumAttentionHeads;
        var weights = new float[heads, batch.Length, batch.Length];
        for (var from = 0; from < batch.Length; from++)
        {
            for (var head = 0; head < heads; head++)
            {
                for (var to = 0; to < batch.Length; to++)
                {
                    weights[head, from, to] = values[from * map.Width + head * (map.Width / heads) + to];
                }
            }
        }

        return weights;
    }

    /// <summary>A session that is filled for one text and may be run again and again.</summary>
    internal Session NewTextSession(ReadOnlySpan<int> ids)
    {
        var batch = TokenBatch.Of(ids, "ids", _config.VocabSize);
        var run = new EncoderRun(this, batch.Length, 1, batch.Length, 1, null);
        run.Start(batch, static (_, _) => false, [(0, 0)]);
        return run.Session;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        inputs.Allow("input_ids", "attention_mask", "token_type_ids");
        var batch = TokenBatch.Of(
            inputs.Require("input_ids"), inputs.Optional("attention_mask"), _config.VocabSize, null,
            inputs.Optional("token_type_ids"), _config.TypeVocabSize);

        // The pooler and the head read rows that the mask may hide: those are computed, but nothing sees them.
        var wanted = new List<(int, int)>();
        for (var s = 0; s < batch.Batch; s++)
        {
            for (var i = 0; i < (_head is null ? 1 : batch.Length); i++)
            {
                if (_head is null || batch.IsReal(s, i))
                {
                    wanted.Add((s, i));
                }
            }
        }

        return Run<IReadOnlyList<HostTensor>>(
            batch, (_, i) => _head is null && i == 0, wanted, run => _head is null ? run.ReadHidden(batch) : [run.ReadLogits(batch, wanted)]);
    }

    private protected override IReadOnlyList<Session> PlanSessions()
    {
        var tokens = Math.Min(128, _config.MaxPositionEmbeddings);
        return [new EncoderRun(this, tokens, 1, tokens, _head is null ? 1 : tokens, null).Session];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _runs.Dispose();
        base.Dispose(disposing);
    }

    private TResult Run<TResult>(
        TokenBatch batch, Func<int, int, bool> compute, IReadOnlyList<(int, int)> selected, Func<EncoderRun, TResult> read)
    {
        if (batch.Length > _config.MaxPositionEmbeddings)
        {
            throw new InputException($"a text of {batch.Length} tokens, the model takes {_config.MaxPositionEmbeddings}.");
        }

        var rows = batch.Batch * batch.Length;
        var run = _runs.Rent(
            idle => idle.Fits(rows, batch.Batch, batch.Length, selected.Count),
            () => new EncoderRun(this, Buckets.Of(rows), Buckets.Of(batch.Batch), Buckets.Of(batch.Length), Buckets.Of(selected.Count), null));
        try
        {
            run.Start(batch, compute, selected);
            return read(run);
        }
        finally
        {
            _runs.Return(run);
        }
    }

    /// <summary>One encoder layer; the names are the checkpoint's.</summary>
    private sealed class Layer(WeightLoader load, string name, BertConfig config)
    {
        private readonly SelfAttention _attention = new(
            load.Stack(
                $"{name}.attention.self", config.HiddenSize, config.HiddenSize, true,
                $"{name}.attention.self.query", $"{name}.attention.self.key", $"{name}.attention.self.value"),
            load.Linear($"{name}.attention.output.dense", config.HiddenSize, config.HiddenSize),
            config.NumAttentionHeads);

        private readonly NormWeights _attentionNorm = load.Norm($"{name}.attention.output.LayerNorm", config.HiddenSize, config.LayerNormEps);

        private readonly FeedForwardLayer _feedForward = new(
            load.Linear($"{name}.intermediate.dense", config.HiddenSize, config.IntermediateSize),
            load.Linear($"{name}.output.dense", config.IntermediateSize, config.HiddenSize),
            config.HiddenAct);

        private readonly NormWeights _outputNorm = load.Norm($"{name}.output.LayerNorm", config.HiddenSize, config.LayerNormEps);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space, string? mapOutput)
        {
            var attended = _attention.Build(graph, $"{name}.attention", x, x, space, persistent: false, mapOutput);
            var middle = graph.LayerNorm($"{name}.attention.output.LayerNorm", attended, _attentionNorm);
            var output = _feedForward.Build(graph, name, middle, middle);
            return graph.LayerNorm($"{name}.output.LayerNorm", output, _outputNorm);
        }
    }

    /// <summary>cls.predictions: dense, activation, norm, and the word embeddings as the output layer.</summary>
    private sealed class MaskedLmHead(WeightLoader load, BertConfig config)
    {
        private const string Name = "cls.predictions";

        private readonly LinearWeights _transform = load.Linear($"{Name}.transform.dense", config.HiddenSize, config.HiddenSize);
        private readonly NormWeights _norm = load.Norm($"{Name}.transform.LayerNorm", config.HiddenSize, config.LayerNormEps);
        private readonly LinearWeights _decoder = load.Tied(
            $"{Name}.decoder",
            config.TieWordEmbeddings ? "embeddings.word_embeddings.weight" : $"{Name}.decoder.weight",
            $"{Name}.bias",
            config.HiddenSize,
            config.VocabSize);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x)
        {
            var transformed = graph.Linear($"{Name}.transform.dense", x, _transform, config.HiddenAct);
            var normed = graph.LayerNorm($"{Name}.transform.LayerNorm", transformed, _norm);
            return graph.Linear($"{Name}.decoder", normed, _decoder);
        }
    }
}
