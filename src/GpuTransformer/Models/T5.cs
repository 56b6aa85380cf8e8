using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>T5's and mT5's config.json, under Hugging Face's names.</summary>
public sealed record T5Config(
    int VocabSize,
    int DModel,
    int DKv,
    int DFf,
    int NumLayers,
    int NumDecoderLayers,
    int NumHeads,
    int RelativeAttentionNumBuckets,
    int RelativeAttentionMaxDistance,
    float LayerNormEpsilon,
    ActivationKind DenseActFn,
    bool IsGatedAct,
    bool ScaleDecoderOutputs)
{
    /// <summary>Heads times the distances that have a bias of their own: a table that no file vouches for.</summary>
    private const int MostBiases = 1 << 22;

    internal static T5Config Read(ModelConfig config)
    {
        EncoderDecoderConfig.Check(config, "T5ForConditionalGeneration", "T5WithLMHeadModel", "MT5ForConditionalGeneration");
        var isMultilingual = config.ModelType == "mt5";
        var (activation, isGated) = FeedForward(config, isMultilingual ? "gated-gelu" : "relu");
        var layers = config.Whole("num_layers", 1, 1 << 10);
        var heads = config.Whole("num_heads", 1, 1 << 10);
        var buckets = config.WholeOr("relative_attention_num_buckets", 32, 4, 1 << 12);
        var read = new T5Config(
            config.Whole("vocab_size", 1, 1 << 24),
            config.Whole("d_model", 1, 1 << 16),
            config.Whole("d_kv", 1, 1 << 12),
            config.Whole("d_ff", 1, 1 << 20),
            layers,
            config.WholeOr("num_decoder_layers", layers, 1, 1 << 10),
            heads,
            buckets,
            config.WholeOr("relative_attention_max_distance", 128, buckets / 2 + 1, MostBiases / heads),
            (float)config.NumberOr("layer_norm_epsilon", 1e-6, 0, 1),
            activation,
            isGated,
            // Whether the embeddings are tied says whether outputs are scaled, unless a key of its own does; mT5 never does.
            !isMultilingual && config.FlagOr("scale_decoder_outputs", config.FlagOr("tie_word_embeddings", true)));
        return (long)read.NumHeads * read.DKv <= 1 << 20
            ? read
            : throw config.Error("num_heads", $"at most {(1 << 20) / read.DKv} with d_kv {read.DKv}", $"{read.NumHeads}");
    }

    /// <summary>feed_forward_proj is "relu" or "gated-gelu"; keys that name its parts go before it.</summary>
    private static (ActivationKind Activation, bool IsGated) FeedForward(ModelConfig config, string fallback)
    {
        var projection = config.TextOr("feed_forward_proj", fallback);
        var parts = projection.Split('-');
        if (parts.Length > 2 || (parts.Length == 2 && parts[0] != "gated"))
        {
            throw config.Error("feed_forward_proj", "an activation, or \"gated-\" and an activation", projection);
        }

        var isGated = config.FlagOr("is_gated_act", parts[0] == "gated");
        if (config.Has("dense_act_fn"))
        {
            return (ActivationNames.Read(config, "dense_act_fn", ""), isGated);
        }

        return (ActivationNames.Of(config, "feed_forward_proj", projection == "gated-gelu" ? "gelu_new" : parts[^1]), isGated);
    }
}

/// <summary>T5 (Raffel et al. 2019, arXiv:1910.10683) and mT5 (Xue et al. 2020, arXiv:2010.11934): an encoder-decoder
/// whose attention is not scaled and adds a learned bias by distance. Follows transformers/models/t5/modeling_t5.py.</summary>
public sealed class T5 : EncoderDecoderModel
{
    private const int MostTokens = 1 << 20;
    private readonly T5Config _config;
    private readonly T5Layers _layers;
    private readonly string _name;

    private T5(T5Config config, string name, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        (_config, _name) = (config, name);
        _layers = new T5Layers(config, load);
    }

    /// <summary>The config.</summary>
    public T5Config Config => _config;

    /// <inheritdoc/>
    public override string Architecture => _name == "mt5" ? "MT5ForConditionalGeneration" : "T5ForConditionalGeneration";

    /// <inheritdoc/>
    public override int VocabularySize => _config.VocabSize;

    /// <summary>Distances have no end; a longer sequence would fit no memory.</summary>
    public override int MaxTargetLength => MostTokens;

    private protected override IEncoderDecoderGraph Graph => _layers;

    private protected override string ProgramName => _name;

    private protected override int MaxSourceLength => MostTokens;

    internal static T5 Load(ModelConfig config, ComputeDevice device)
    {
        var read = T5Config.Read(config);
        using var store = config.OpenWeights("", "model.");
        var load = new WeightLoader(store, device, config.Options);
        var model = new T5(read, config.ModelType, load, device, config.Folder);

        // Old checkpoints have a bias table that cross-attention does not use, and copies of the tied embedding.
        load.Pack(
            "*EncDecAttention.relative_attention_bias.weight",
            "*shared.weight",
            "*encoder.embed_tokens.weight",
            "*decoder.embed_tokens.weight");
        return model;
    }
}
