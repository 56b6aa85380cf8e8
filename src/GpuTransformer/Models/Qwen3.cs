using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Qwen3's config.json, under Hugging Face's names.</summary>
public sealed record Qwen3Config : DecoderConfig
{
    internal Qwen3Config(ModelConfig config)
        : base(config, "Qwen3ForCausalLM", new DecoderDefaults(32768) { NumKeyValueHeads = 32, HeadDim = 128 })
    {
        AttentionBias = config.FlagOr("attention_bias", false);
        SlidingWindow = config.FlagOr("use_sliding_window", false) ? Window(config, 4096) : null;
        var firstSliding = config.WholeOr("max_window_layers", 28, 0);
        IsSliding = LayerTypes(config, SlidingWindow, layer => SlidingWindow is not null && layer >= firstSliding);
    }

    /// <summary>Whether the projections of attention have biases.</summary>
    public bool AttentionBias { get; }
}

/// <summary>Qwen 3 (Yang et al. 2025, arXiv:2505.09388): Llama's build with a norm of each query and key head. Follows
/// transformers/models/qwen3/modeling_qwen3.py.</summary>
public sealed class Qwen3 : RotaryDecoder
{
    private Qwen3(Qwen3Config config, WeightLoader load, ComputeDevice device, string folder)
        : base(config, new DecoderParts(config.AttentionBias, config.AttentionBias, false, true), load, device, folder) => Config = config;

    /// <summary>The config.</summary>
    public Qwen3Config Config { get; }

    /// <inheritdoc/>
    public override string Architecture => "Qwen3ForCausalLM";

    internal static Qwen3 Load(ModelConfig config, ComputeDevice device)
    {
        var read = new Qwen3Config(config);
        return Load(config, device, load => new Qwen3(read, load, device, config.Folder));
    }
}
