using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Qwen2's config.json, under Hugging Face's names.</summary>
public sealed record Qwen2Config : DecoderConfig
{
    internal Qwen2Config(ModelConfig config)
        : base(config, "Qwen2ForCausalLM", new DecoderDefaults(32768) { NumKeyValueHeads = 32 })
    {
        SlidingWindow = config.FlagOr("use_sliding_window", false) ? Window(config, 4096) : null;
        var firstSliding = config.WholeOr("max_window_layers", 28, 0);
        IsSliding = LayerTypes(config, SlidingWindow, layer => SlidingWindow is not null && layer >= firstSliding);
    }
}

/// <summary>Qwen 2 and 2.5 (Yang et al. 2024, arXiv:2407.10671): Llama's build with biases on queries, keys and values. Follows
/// transformers/models/qwen2/modeling_qwen2.py.</summary>
public sealed class Qwen2 : RotaryDecoder
{
    private Qwen2(Qwen2Config config, WeightLoader load, ComputeDevice device, string folder)
        : base(config, new DecoderParts(true, false, false, false), load, device, folder) => Config = config;

    /// <summary>The config.</summary>
    public Qwen2Config Config { get; }

    /// <inheritdoc/>
    public override string Architecture => "Qwen2ForCausalLM";

    internal static Qwen2 Load(ModelConfig config, ComputeDevice device)
    {
        var read = new Qwen2Config(config);
        return Load(config, device, load => new Qwen2(read, load, device, config.Folder));
    }
}
