using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>The config.json of ViT and DeiT, under Hugging Face's names.</summary>
public sealed record VitConfig(
    int HiddenSize,
    int NumHiddenLayers,
    int NumAttentionHeads,
    int IntermediateSize,
    int ImageHeight,
    int ImageWidth,
    int PatchHeight,
    int PatchWidth,
    int NumChannels,
    float LayerNormEps,
    ActivationKind HiddenAct,
    bool QkvBias,
    int PoolerOutputSize,
    ActivationKind PoolerAct,
    IReadOnlyList<string> Labels)
{
    /// <summary>Patches of an image; a rest at the right and the lower edge that fills no patch is not seen, as in a
    /// convolution without padding.</summary>
    public int PatchCount => ImageHeight / PatchHeight * (ImageWidth / PatchWidth);

    internal static VitConfig Read(ModelConfig config)
    {
        var image = Pair(config, "image_size", 224, 1 << 14);
        var patch = Pair(config, "patch_size", 16, 1 << 12);
        var hidden = config.WholeOr("hidden_size", 768, 1, 1 << 16);
        var read = new VitConfig(
            hidden,
            config.WholeOr("num_hidden_layers", 12, 1, 1 << 10),
            config.WholeOr("num_attention_heads", 12, 1, 1 << 10),
            config.WholeOr("intermediate_size", 3072, 1, 1 << 20),
            image.Height,
            image.Width,
            patch.Height,
            patch.Width,
            config.WholeOr("num_channels", 3, 1, 1 << 10),
            (float)config.NumberOr("layer_norm_eps", 1e-12, 0, 1),
            ActivationNames.Read(config, "hidden_act", "gelu"),
            config.FlagOr("qkv_bias", true),
            config.WholeOr("pooler_output_size", hidden, 1, 1 << 16),
            ActivationNames.Read(config, "pooler_act", "tanh"),
            LabelNames.Read(config));
        if (read.HiddenSize % read.NumAttentionHeads != 0)
        {
            throw config.Error("hidden_size", $"a multiple of num_attention_heads {read.NumAttentionHeads}", $"{read.HiddenSize}");
        }

        if ((long)read.ImageHeight * read.ImageWidth > int.MaxValue / read.NumChannels)
        {
            throw config.Error(
                "image_size", $"at most {int.MaxValue} elements of {read.NumChannels} channels", $"{image.Height} x {image.Width}");
        }

        return read.PatchHeight <= read.ImageHeight && read.PatchWidth <= read.ImageWidth
            ? read
            : throw config.Error("patch_size", $"at most image_size {image.Height} x {image.Width}", $"{patch.Height} x {patch.Width}");
    }

    private static (int Height, int Width) Pair(ModelConfig config, string key, int fallback, int most)
    {
        if (!config.Has(key))
        {
            return (fallback, fallback);
        }

        var sizes = config.Wholes(key, 1, most);
        return sizes.Length is 1 or 2
            ? (sizes[0], sizes[^1])
            : throw config.Error(key, "one size, or height and width", $"{sizes.Length} numbers");
    }
}
