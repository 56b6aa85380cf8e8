using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Llama's config.json, under Hugging Face's names.</summary>
public sealed record LlamaConfig : DecoderConfig
{
    internal LlamaConfig(ModelConfig config)
        : base(config, "LlamaForCausalLM", new DecoderDefaults(2048))
    {
        AttentionBias = config.FlagOr("attention_bias", false);
        MlpBias = config.FlagOr("mlp_bias", false);
    }

    /// <summary>Whether the projections of attention have biases.</summary>
    public bool AttentionBias { get; }

    /// <summary>Whether the feed-forward has.</summary>
    public bool MlpBias { get; }
}

/// <summary>Llama 1 to 3 and what is built like them (Touvron et al. 2023, arXiv:2302.13971): rotary positions, RMSNorm,
/// SwiGLU, fewer key heads than query heads. Follows transformers/models/llama/modeling_llama.py.</summary>
public sealed class Llama : RotaryDecoder
{
    private Llama(LlamaConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(config, new DecoderParts(config.AttentionBias, config.AttentionBias, config.MlpBias, false), load, device, folder) =>
        Config = config;

    /// <summary>The config.</summary>
    public LlamaConfig Config { get; }

    /// <inheritdoc/>
    public override string Architecture => "LlamaForCausalLM";

    internal static Llama Load(ModelConfig config, ComputeDevice device)
    {
        var read = new LlamaConfig(config);
        return Load(config, device, load => new Llama(read, load, device, config.Folder));
    }
}
