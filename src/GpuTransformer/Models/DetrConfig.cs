using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Models;

/// <summary>DETR's config.json, under Hugging Face's names.</summary>
/// <param name="Backbone">The convolutional part.</param>
/// <param name="DModel">Width of the transformer.</param>
/// <param name="NumQueries">Objects that an image may have.</param>
/// <param name="EncoderLayers">Layers of the encoder.</param>
/// <param name="EncoderAttentionHeads">Its heads, and those of the mask head.</param>
/// <param name="EncoderFfnDim">Its feed-forward width.</param>
/// <param name="DecoderLayers">Layers of the decoder.</param>
/// <param name="DecoderAttentionHeads">Its heads.</param>
/// <param name="DecoderFfnDim">Its feed-forward width.</param>
/// <param name="ActivationFunction">Of the feed-forward layers and of the mask head.</param>
/// <param name="HasLearnedPositions">Positions are learned, for up to 50 lines and columns of features; else sines.</param>
/// <param name="NormsEachLayer">auxiliary_loss: the decoder's last norm stands behind each of its layers too.</param>
/// <param name="Labels">Classes, without the one that means no object.</param>
public sealed record DetrConfig(
    ResNetConfig Backbone,
    int DModel,
    int NumQueries,
    int EncoderLayers,
    int EncoderAttentionHeads,
    int EncoderFfnDim,
    int DecoderLayers,
    int DecoderAttentionHeads,
    int DecoderFfnDim,
    ActivationKind ActivationFunction,
    bool HasLearnedPositions,
    bool NormsEachLayer,
    IReadOnlyList<string> Labels)
{
    internal static DetrConfig Read(ModelConfig config)
    {
        var learned = config.Has("position_embedding_type") && config.OneOf("position_embedding_type", "sine", "learned") == "learned";
        var read = new DetrConfig(
            ReadBackbone(config),
            config.WholeOr("d_model", 256, 2, 1 << 16),
            config.WholeOr("num_queries", 100, 1, 1 << 16),
            config.WholeOr("encoder_layers", 6, 0, 1 << 10),
            config.WholeOr("encoder_attention_heads", 8, 1, 1 << 10),
            config.WholeOr("encoder_ffn_dim", 2048, 1, 1 << 20),
            config.WholeOr("decoder_layers", 6, 0, 1 << 10),
            config.WholeOr("decoder_attention_heads", 8, 1, 1 << 10),
            config.WholeOr("decoder_ffn_dim", 2048, 1, 1 << 20),
            ActivationNames.Read(config, "activation_function", "relu"),
            learned,
            config.FlagOr("auxiliary_loss", false),
            LabelNames.Read(config));
        var parts = learned ? 2 : 4;
        if (read.DModel % parts != 0 || read.DModel % read.EncoderAttentionHeads != 0 || read.DModel % read.DecoderAttentionHeads != 0)
        {
            throw config.Error(
                "d_model",
                $"a multiple of {parts}, of encoder_attention_heads {read.EncoderAttentionHeads} and of decoder_attention_heads {read.DecoderAttentionHeads}",
                $"{read.DModel}");
        }

        return read;
    }

    /// <summary>Refuses what the mask head cannot be made of.</summary>
    internal void CheckMaskHead(ModelConfig config)
    {
        if (Backbone.OutputStages.Count < 3)
        {
            throw config.Error("backbone_config.out_features", "at least 3 for the mask head", $"{Backbone.OutputStages.Count}");
        }

        if ((DModel + EncoderAttentionHeads) % 8 != 0)
        {
            throw config.Error("d_model", $"with encoder_attention_heads {EncoderAttentionHeads} a multiple of 8", $"{DModel}");
        }

        foreach (var width in new[] { DModel / 2, DModel / 4, DModel / 8, DModel / 16 })
        {
            if (width < 1 || width % Math.Min(8, width) != 0)
            {
                throw config.Error("d_model", "such that its 2nd, 4th, 8th and 16th part divide into groups of the norm", $"{DModel}");
            }
        }
    }

    private static ResNetConfig ReadBackbone(ModelConfig config)
    {
        var section = config.Section("backbone_config");
        if (section?.TextOr("model_type", "") == "timm_backbone")
        {
            return ResNetConfig.OfTimm(
                config,
                "backbone_config.backbone",
                section.Text("backbone"),
                section.WholeOr("num_channels", 3, 1, 1 << 10),
                config.FlagOr("dilation", false),
                section.Has("out_indices") ? section.Wholes("out_indices") : null);
        }

        if (section is not null || !config.FlagOr("use_timm_backbone", true))
        {
            return section is null && config.Has("backbone")
                ? throw config.Error("backbone", "a backbone_config, or use_timm_backbone true", config.Text("backbone"))
                : ResNetConfig.Read(config, section);
        }

        var extra = config.Section("backbone_kwargs");
        foreach (var key in extra?.Keys ?? [])
        {
            if (key is not ("out_indices" or "in_chans"))
            {
                throw config.Error($"backbone_kwargs.{key}", "out_indices and in_chans alone", "another key");
            }
        }

        return ResNetConfig.OfTimm(
            config,
            "backbone",
            config.TextOr("backbone", "resnet50"),
            extra?.WholeOr("in_chans", 3, 1, 1 << 10) ?? config.WholeOr("num_channels", 3, 1, 1 << 10),
            config.FlagOr("dilation", false),
            extra is not null && extra.Has("out_indices") ? extra.Wholes("out_indices") : null);
    }
}
