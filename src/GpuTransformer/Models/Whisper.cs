using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Whisper's config.json, under Hugging Face's names.</summary>
/// <remarks>scale_embedding changes nothing: transformers' Whisper reads it and never multiplies by it.</remarks>
public sealed record WhisperConfig(
    int VocabSize,
    int NumMelBins,
    int DModel,
    int EncoderLayers,
    int EncoderAttentionHeads,
    int EncoderFfnDim,
    int DecoderLayers,
    int DecoderAttentionHeads,
    int DecoderFfnDim,
    ActivationKind ActivationFunction,
    int MaxSourcePositions,
    int MaxTargetPositions,
    bool TieWordEmbeddings)
{
    internal static WhisperConfig Read(ModelConfig config)
    {
        EncoderDecoderConfig.Check(config, "WhisperForConditionalGeneration");
        var hidden = config.WholeOr("d_model", 384, 1, 1 << 16);
        return new WhisperConfig(
            config.WholeOr("vocab_size", 51865, 1, 1 << 24),
            config.WholeOr("num_mel_bins", 80, 1, 1 << 12),
            hidden,
            config.WholeOr("encoder_layers", 4, 0, 1 << 10),
            Heads(config, "encoder_attention_heads", hidden),
            config.WholeOr("encoder_ffn_dim", 1536, 1, 1 << 20),
            config.WholeOr("decoder_layers", 4, 0, 1 << 10),
            Heads(config, "decoder_attention_heads", hidden),
            config.WholeOr("decoder_ffn_dim", 1536, 1, 1 << 20),
            ActivationNames.Read(config, "activation_function", "gelu"),
            config.WholeOr("max_source_positions", 1500, 1, 1 << 20),
            config.WholeOr("max_target_positions", 448, 1, 1 << 20),
            config.FlagOr("tie_word_embeddings", true));
    }

    private static int Heads(ModelConfig config, string key, int hidden)
    {
        var heads = config.WholeOr(key, 6, 1, 1 << 10);
        return hidden % heads == 0 ? heads : throw config.Error(key, $"a divisor of d_model {hidden}", $"{heads}");
    }
}

/// <summary>Whisper (Radford et al. 2022, arXiv:2212.04356): log-mel features of speech to text. Follows
/// transformers/models/whisper/modeling_whisper.py. Inputs: input_features [batch, mel bins, twice max_source_positions]
/// and decoder_input_ids.</summary>
public sealed class Whisper : EncoderDecoderModel
{
    private readonly WhisperLayers _layers;

    private Whisper(WhisperConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        Config = config;
        _layers = new WhisperLayers(config, load);
        Features = new FeatureSource(
            WhisperLayers.FeaturesName, config.NumMelBins, checked(2 * config.MaxSourcePositions), config.MaxSourcePositions);
    }

    /// <summary>The config.</summary>
    public WhisperConfig Config { get; }

    /// <inheritdoc/>
    public override string Architecture => "WhisperForConditionalGeneration";

    /// <inheritdoc/>
    public override int VocabularySize => Config.VocabSize;

    /// <inheritdoc/>
    public override int MaxTargetLength => Config.MaxTargetPositions;

    private protected override IEncoderDecoderGraph Graph => _layers;

    private protected override string ProgramName => "whisper";

    private protected override int MaxSourceLength => Config.MaxSourcePositions;

    private protected override FeatureSource Features { get; }

    internal static Whisper Load(ModelConfig config, ComputeDevice device)
    {
        var read = WhisperConfig.Read(config);
        using var store = config.OpenWeights("model.", "");
        var load = new WeightLoader(store, device, config.Options);
        var model = new Whisper(read, load, device, config.Folder);
        load.Pack();
        return model;
    }
}
