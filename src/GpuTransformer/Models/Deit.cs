using GpuTransformer.Graph;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Data-efficient image transformer (Touvron et al. 2020, arXiv:2012.12877): ViT with a distillation token. With
/// a teacher the answer is the mean of the classifiers on both tokens. Follows
/// transformers/models/deit/modeling_deit.py.</summary>
public sealed class Deit : VisionTransformer
{
    private Deit(VitConfig config, WeightLoader load, ComputeDevice device, ModelConfig file, string architecture)
        : base(
            config, new VisionEncoder(config, load, "embeddings.cls_token", "embeddings.distillation_token"), load, device, file.Folder)
    {
        LinearWeights Classifier(string name) => load.Linear(name, config.HiddenSize, config.Labels.Count);
        Architecture = architecture;
        Heads = architecture switch
        {
            "DeiTForImageClassificationWithTeacher" =>
                [("cls_logits", 0, Classifier("cls_classifier")), ("distillation_logits", 1, Classifier("distillation_classifier"))],
            "DeiTForImageClassification" => [("logits", 0, Classifier("classifier"))],
            _ => [],
        };
        Pooler = architecture == "DeiTModel" && load.Has("pooler.dense.weight")
            ? load.Linear("pooler.dense", config.HiddenSize, config.PoolerOutputSize)
            : null;
    }

    /// <inheritdoc/>
    public override string Architecture { get; }

    private protected override IReadOnlyList<(string Name, int Token, LinearWeights Weights)> Heads { get; }

    private protected override LinearWeights? Pooler { get; }

    internal static Deit Load(ModelConfig config, ComputeDevice device)
    {
        var architecture = ArchitectureNames.Read(
            config, "DeiTForImageClassificationWithTeacher", "DeiTForImageClassification", "DeiTModel");
        using var store = config.OpenWeights("", "deit.");
        var load = new WeightLoader(store, device, config.Options);
        var model = new Deit(VitConfig.Read(config), load, device, config, architecture);
        load.Pack(
            "deit.pooler.*", "pooler.*", "classifier.*", "cls_classifier.*", "distillation_classifier.*", "*embeddings.mask_token");
        return model;
    }
}
