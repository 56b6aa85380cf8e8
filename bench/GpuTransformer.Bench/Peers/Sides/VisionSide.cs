using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Models;

namespace GpuTransformer.Bench.Peers;

/// <summary>ViT-B/16 with a classifier for 1000 classes, from pixels to logits.</summary>
internal sealed class VisionSide : ISide
{
    private const int Hidden = 768;
    private const int Intermediate = 3072;
    private readonly VisionTransformer _model;
    private readonly float[] _pixels;

    public VisionSide(SideContext context, int images)
    {
        _model = (VisionTransformer)TransformerModel.Load(Checkpoint(context.Models), context.ComputeDevice);
        _pixels = new float[images * VitWeights.Channels * VitWeights.ImageSize * VitWeights.ImageSize];
        RandomValues.Fill("pixels", 0, 1f, _pixels);
    }

    public void Run() => _model.Classify(_pixels);

    public void Dispose() => _model.Dispose();

    private static string Checkpoint(string parent)
    {
        var config = new
        {
            model_type = "vit",
            architectures = new[] { "ViTForImageClassification" },
            hidden_size = Hidden,
            num_hidden_layers = VitWeights.Layers,
            num_attention_heads = 12,
            intermediate_size = Intermediate,
            image_size = VitWeights.ImageSize,
            patch_size = VitWeights.PatchSize,
            num_labels = VitWeights.Classes,
        };
        return RandomCheckpoint.Folder(parent, "vit-b16", config, weights =>
        {
            weights.Values("embeddings.cls_token", 1f, 1, 1, Hidden);
            weights.Values("embeddings.position_embeddings", 1f, 1, VitWeights.Patches + 1, Hidden);
            weights.Values(
                "embeddings.patch_embeddings.projection.weight", 0.06f, Hidden, VitWeights.Channels, VitWeights.PatchSize, VitWeights.PatchSize);
            weights.Values("embeddings.patch_embeddings.projection.bias", 0.1f, Hidden);
            for (var i = 0; i < VitWeights.Layers; i++)
            {
                var layer = $"encoder.layer.{i}";
                weights.Norm($"{layer}.layernorm_before", Hidden);
                weights.Linear($"{layer}.attention.attention.query", Hidden, Hidden);
                weights.Linear($"{layer}.attention.attention.key", Hidden, Hidden);
                weights.Linear($"{layer}.attention.attention.value", Hidden, Hidden);
                weights.Linear($"{layer}.attention.output.dense", Hidden, Hidden);
                weights.Norm($"{layer}.layernorm_after", Hidden);
                weights.Linear($"{layer}.intermediate.dense", Intermediate, Hidden);
                weights.Linear($"{layer}.output.dense", Hidden, Intermediate);
            }

            weights.Norm("layernorm", Hidden);
            weights.Linear("classifier", VitWeights.Classes, Hidden);
        });
    }
}
