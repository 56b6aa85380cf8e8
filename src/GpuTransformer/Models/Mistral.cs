using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Mistral's config.json, under Hugging Face's names.</summary>
public sealed record MistralConfig : DecoderConfig
{
    internal MistralConfig(ModelConfig config)
        : base(config, "MistralForCausalLM", new DecoderDefaults(4096 * 32) { NumKeyValueHeads = 8 })
    {
        SlidingWindow = Window(config, 4096);
        IsSliding = [.. Enumerable.Repeat(SlidingWindow is not null, NumHiddenLayers)];
    }
}

/// <summary>Mistral 7B (Jiang et al. 2023, arXiv:2310.06825): Llama's build with a sliding window in every layer, or in
/// none. Follows transformers/models/mistral/modeling_mistral.py.</summary>
public sealed class Mistral : RotaryDecoder
{
    private Mistral(MistralConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(config, new DecoderParts(false, false, false, false), load, device, folder) => Config = config;

    /// <summary>The config.</summary>
    public MistralConfig Config { get; }

    /// <inheritdoc/>
    public override string Architecture => "MistralForCausalLM";

    internal static Mistral Load(ModelConfig config, ComputeDevice device)
    {
        var read = new MistralConfig(config);
        return Load(config, device, load => new Mistral(read, load, device, config.Folder));
    }
}
