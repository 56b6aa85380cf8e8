using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Models;

/// <summary>The config of a ResNet backbone (He et al. 2015, arXiv:1512.03385), under Hugging Face's names.</summary>
/// <param name="NumChannels">Channels of a picture.</param>
/// <param name="EmbeddingSize">Channels after the stem.</param>
/// <param name="HiddenSizes">Channels after each stage.</param>
/// <param name="Depths">Layers of each stage.</param>
/// <param name="IsBottleneck">Layers of 1x1, 3x3, 1x1 convolutions; else of two 3x3.</param>
/// <param name="HiddenAct">The activation.</param>
/// <param name="DownsampleInFirstStage">The first stage halves lines and columns too.</param>
/// <param name="DownsampleInBottleneck">A bottleneck strides in its first convolution, else in its second.</param>
/// <param name="LastStageIsDilated">The last stage looks at every second pixel instead of halving lines and columns.</param>
/// <param name="OutputStages">Stages whose feature maps are given out, ascending; 0 is the stem.</param>
/// <param name="HasTimmNames">Weights are named as timm and torchvision name them.</param>
public sealed record ResNetConfig(
    int NumChannels,
    int EmbeddingSize,
    IReadOnlyList<int> HiddenSizes,
    IReadOnlyList<int> Depths,
    bool IsBottleneck,
    ActivationKind HiddenAct,
    bool DownsampleInFirstStage,
    bool DownsampleInBottleneck,
    bool LastStageIsDilated,
    IReadOnlyList<int> OutputStages,
    bool HasTimmNames)
{
    private const int MostStages = 64;

    /// <summary>Channels of a stage's feature map; 0 is the stem.</summary>
    public int ChannelsOf(int stage) => stage == 0 ? EmbeddingSize : HiddenSizes[stage - 1];

    /// <summary>The backbone_config of a detector; null: transformers' ResNet with its last stage.</summary>
    internal static ResNetConfig Read(ModelConfig model, JsonObject? config)
    {
        config ??= ModelConfig.Parse("""{"out_features": ["stage4"]}""");
        var type = config.TextOr("model_type", "resnet");
        if (type != "resnet")
        {
            throw model.Error("backbone_config.model_type", "resnet", type);
        }

        var sizes = config.Has("hidden_sizes") ? config.Wholes("hidden_sizes", 1, 1 << 16) : [256, 512, 1024, 2048];
        var depths = config.Has("depths") ? config.Wholes("depths", 1, 1 << 10) : [3, 4, 6, 3];
        if (sizes.Length != depths.Length || sizes.Length is 0 or > MostStages)
        {
            throw config.Error("depths", $"as many as hidden_sizes, {sizes.Length}, from 1 to {MostStages}", $"{depths.Length}");
        }

        var bottleneck = config.Has("layer_type") ? config.OneOf("layer_type", "basic", "bottleneck") == "bottleneck" : true;
        if (bottleneck && sizes.Any(size => size < 4))
        {
            throw config.Error("hidden_sizes", "at least 4 with bottleneck layers", string.Join(", ", sizes));
        }

        return new ResNetConfig(
            config.WholeOr("num_channels", 3, 1, 1 << 10),
            config.WholeOr("embedding_size", 64, 1, 1 << 16),
            sizes,
            depths,
            bottleneck,
            ActivationNames.Read(config, "hidden_act", "relu"),
            config.FlagOr("downsample_in_first_stage", false),
            config.FlagOr("downsample_in_bottleneck", false),
            false,
            ReadOutputs(config, sizes.Length),
            false);
    }

    /// <summary>One of timm's ResNets by its name: resnet50, or resnet50.a1_in1k.</summary>
    internal static ResNetConfig OfTimm(ModelConfig model, string key, string name, int channels, bool dilated, int[]? outputs)
    {
        var (depths, bottleneck) = name.Split('.')[0] switch
        {
            "resnet18" => (new[] { 2, 2, 2, 2 }, false),
            "resnet34" => ([3, 4, 6, 3], false),
            "resnet26" => ([2, 2, 2, 2], true),
            "resnet50" => ([3, 4, 6, 3], true),
            "resnet101" => ([3, 4, 23, 3], true),
            "resnet152" => ([3, 8, 36, 3], true),
            _ => throw model.Error(key, "resnet18, resnet26, resnet34, resnet50, resnet101 or resnet152", name),
        };
        int[] sizes = bottleneck ? [256, 512, 1024, 2048] : [64, 128, 256, 512];
        outputs ??= [1, 2, 3, 4];
        if (outputs.Length == 0 || outputs.Any(stage => stage is < 1 or > 4))
        {
            throw model.Error("backbone_kwargs.out_indices", "stages from 1 to 4", string.Join(", ", outputs));
        }

        return new ResNetConfig(
            channels, 64, sizes, depths, bottleneck, ActivationKind.Relu, false, false, dilated, [.. outputs.Order()], true);
    }

    /// <summary>out_features by name or out_indices by number, in the stages' order; the last stage where there is neither.</summary>
    private static int[] ReadOutputs(JsonObject config, int stages)
    {
        if (config.Has("out_features") && config.Texts("out_features").Length > 0)
        {
            return [.. config.Texts("out_features").Select(name => StageOf(config, name, stages)).Order()];
        }

        if (config.Has("out_indices") && config.Wholes("out_indices").Length > 0)
        {
            return [.. config.Wholes("out_indices", -stages - 1, stages).Select(i => i < 0 ? i + stages + 1 : i).Order()];
        }

        return [stages];
    }

    private static int StageOf(JsonObject config, string name, int stages)
    {
        for (var stage = 0; stage <= stages; stage++)
        {
            if (name == (stage == 0 ? "stem" : $"stage{stage}"))
            {
                return stage;
            }
        }

        throw config.Error("out_features", $"stem, or stage1 to stage{stages}", name);
    }
}
