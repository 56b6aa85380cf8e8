using GpuTransformer.Graph;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Vision Transformer (Dosovitskiy et al. 2020, arXiv:2010.11929), alone or with a classifier on the class token.
/// Follows transformers/models/vit/modeling_vit.py.</summary>
public sealed class Vit : VisionTransformer
{
    private Vit(VitConfig config, WeightLoader load, ComputeDevice device, ModelConfig file, string architecture)
        : base(config, new VisionEncoder(config, load, "embeddings.cls_token"), load, device, file.Folder)
    {
        Architecture = architecture;
        Heads = architecture == "ViTForImageClassification"
            ? [("logits", 0, load.Linear("classifier", config.HiddenSize, config.Labels.Count))]
            : [];
        Pooler = architecture == "ViTModel" && load.Has("pooler.dense.weight")
            ? load.Linear("pooler.dense", config.HiddenSize, config.PoolerOutputSize)
            : null;
    }

    /// <inheritdoc/>
    public override string Architecture { get; }

    private protected override IReadOnlyList<(string Name, int Token, LinearWeights Weights)> Heads { get; }

    private protected override LinearWeights? Pooler { get; }

    internal static Vit Load(ModelConfig config, ComputeDevice device)
    {
        var architecture = ArchitectureNames.Read(config, "ViTForImageClassification", "ViTModel");
        using var store = config.OpenWeights("", "vit.");
        var load = new WeightLoader(store, device, config.Options);
        var model = new Vit(VitConfig.Read(config), load, device, config, architecture);
        load.Pack("vit.pooler.*", "pooler.*", "classifier.*", "*embeddings.mask_token");
        return model;
    }
}
