using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>BART's config.json, under Hugging Face's names; Marian's has the same keys and a few more.</summary>
public sealed record BartConfig(
    int VocabSize,
    int DModel,
    int EncoderLayers,
    int EncoderAttentionHeads,
    int EncoderFfnDim,
    int DecoderLayers,
    int DecoderAttentionHeads,
    int DecoderFfnDim,
    ActivationKind ActivationFunction,
    int MaxPositionEmbeddings,
    bool ScaleEmbedding,
    bool TieWordEmbeddings)
{
    internal static BartConfig Read(ModelConfig config, params string[] architectures)
    {
        EncoderDecoderConfig.Check(config, architectures);

        // Keys of old checkpoints that name the variant: transformers has one variant a family, with these values.
        EncoderDecoderConfig.Expect(config, "normalize_before", false);
        EncoderDecoderConfig.Expect(config, "add_final_layer_norm", false);
        EncoderDecoderConfig.Expect(config, "add_bias_logits", false);
        var hidden = config.Whole("d_model", 1, 1 << 16);
        return new BartConfig(
            config.Whole("vocab_size", 1, 1 << 24),
            hidden,
            config.Whole("encoder_layers", 1, 1 << 10),
            Heads(config, "encoder_attention_heads", hidden),
            config.Whole("encoder_ffn_dim", 1, 1 << 20),
            config.Whole("decoder_layers", 1, 1 << 10),
            Heads(config, "decoder_attention_heads", hidden),
            config.Whole("decoder_ffn_dim", 1, 1 << 20),
            ActivationNames.Read(config, "activation_function", "gelu"),
            config.WholeOr("max_position_embeddings", 1024, 1, 1 << 20),
            config.FlagOr("scale_embedding", false),
            config.FlagOr("tie_word_embeddings", true));
    }

    private static int Heads(ModelConfig config, string key, int hidden)
    {
        var heads = config.Whole(key, 1, 1 << 10);
        return hidden % heads == 0 ? heads : throw config.Error(key, $"a divisor of d_model {hidden}", $"{heads}");
    }
}

/// <summary>BART (Lewis et al. 2019, arXiv:1910.13461): an encoder-decoder with learned positions and a norm after the
/// embedding. Follows transformers/models/bart/modeling_bart.py.</summary>
public sealed class Bart : EncoderDecoderModel
{
    /// <summary>The position table begins two rows before position 0.</summary>
    private const int PositionOffset = 2;

    private readonly BartConfig _config;
    private readonly BartLayers _layers;

    private Bart(BartConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        string[] tables = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"];
        var source = EncoderDecoderConfig.Tied(load, ["encoder.embed_tokens.weight", .. tables]);
        var target = EncoderDecoderConfig.Tied(load, ["decoder.embed_tokens.weight", .. tables]);
        var embedding = load.TokenTable(source, config.VocabSize, config.DModel);
        _layers = new BartLayers(
            config,
            load,
            Embedding(load, "encoder", embedding),
            Embedding(load, "decoder", target == source ? embedding : load.TokenTable(target, config.VocabSize, config.DModel)),
            load.Tied(
                "lm_head",
                config.TieWordEmbeddings ? EncoderDecoderConfig.Tied(load, ["lm_head.weight", .. tables]) : "lm_head.weight",
                load.Has("final_logits_bias") ? "final_logits_bias" : null,
                config.DModel,
                config.VocabSize,
                isBiasRow: true));
    }

    /// <summary>The config.</summary>
    public BartConfig Config => _config;

    /// <inheritdoc/>
    public override string Architecture => "BartForConditionalGeneration";

    /// <inheritdoc/>
    public override int VocabularySize => _config.VocabSize;

    /// <inheritdoc/>
    public override int MaxTargetLength => _config.MaxPositionEmbeddings;

    private protected override IEncoderDecoderGraph Graph => _layers;

    private protected override string ProgramName => "bart";

    private protected override int MaxSourceLength => _config.MaxPositionEmbeddings;

    internal static Bart Load(ModelConfig config, ComputeDevice device)
    {
        EncoderDecoderConfig.Expect(config, "normalize_embedding", true);
        EncoderDecoderConfig.Expect(config, "static_position_embeddings", false);
        var read = BartConfig.Read(config, "BartForConditionalGeneration", "BartModel");
        using var store = config.OpenWeights("", "model.");
        var load = new WeightLoader(store, device, config.Options);
        var model = new Bart(read, load, device, config.Folder);
        load.Pack("*shared.weight", "*encoder.version", "*decoder.version");
        return model;
    }

    private BartEmbedding Embedding(WeightLoader load, string name, EmbeddingWeights tokens)
    {
        var (rows, width) = (_config.MaxPositionEmbeddings, _config.DModel);
        var positions = load.TableFrom(
            $"{name}.embed_positions.weight", rows, width, values => values[(PositionOffset * width)..], rows + PositionOffset, width);
        return new BartEmbedding(tokens, positions, BartLayers.Norm(load, $"{name}.layernorm_embedding", _config));
    }
}
