using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>What every encoder-decoder of Hugging Face has in common: config keys that would change the result, and tables
/// that stand for each other.</summary>
internal static class EncoderDecoderConfig
{
    /// <summary>Refuses what no family here honours.</summary>
    /// <param name="config">The config.</param>
    /// <param name="architectures">What a family's folders may hold; a config that does not say holds the first.</param>
    /// <exception cref="Kernels.InputException">A key says that the model is another one; the message names it.</exception>
    public static void Check(ModelConfig config, params string[] architectures)
    {
        if (config.Has("architectures"))
        {
            ArchitectureNames.Read(config, architectures);
        }

        Expect(config, "is_encoder_decoder", true);
        Expect(config, "is_decoder", false);
        Expect(config, "tie_encoder_decoder", false);
        if (config.Section("pruned_heads") is { Count: > 0 } pruned)
        {
            throw config.Error("pruned_heads", "none", $"{pruned.Count} layers");
        }

        if (config.Section("quantization_config") is not null)
        {
            throw config.Error("quantization_config", "none", "an object");
        }
    }

    /// <summary>Refuses a flag that is there with the other value.</summary>
    public static void Expect(ModelConfig config, string key, bool value)
    {
        if (config.FlagOr(key, value) != value)
        {
            throw config.Error(key, value ? "true" : "false", value ? "false" : "true");
        }
    }

    /// <summary>The first of tied tensors that the checkpoint has, else the first: as transformers ties them, one that is
    /// stored is used itself, and one that is missing is any other that is there.</summary>
    public static string Tied(WeightLoader load, params string[] names) => names.FirstOrDefault(load.Has, names[0]);
}
