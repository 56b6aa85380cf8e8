using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>DETR (Carion et al. 2020, arXiv:2005.12872): objects of pictures of any size, with their boxes, and for panoptic
/// segmentation with their masks. Follows transformers/models/detr/modeling_detr.py. Inputs: pixel_values [images,
/// channels, height, width], normalized as the model was trained, and pixel_mask [images, height, width] (1 is real; else
/// all are). Outputs: logits [images, queries, labels + 1] (the last means no object), pred_boxes [images, queries, 4]
/// (center x, center y, width, height as parts of the picture), pred_masks [images, queries, height / 4, width / 4] of a
/// model with a mask head, last_hidden_state, encoder_last_hidden_state.</summary>
public sealed class Detr : TransformerModel
{
    private const int PlanSize = 256;

    private readonly RunPool<DetrRun> _runs = new();

    private Detr(DetrConfig config, WeightLoader load, ComputeDevice device, ModelConfig file, string architecture)
        : base(load.Weights, device, file.Folder)
    {
        Config = config;
        Architecture = architecture;
        Backbone = new ResNetBackbone(config.Backbone, load, BackboneName(load));
        Projection = new ConvolutionLayer(
            load.Convolution("input_projection", config.DModel, config.Backbone.ChannelsOf(config.Backbone.OutputStages[^1]), [1, 1]), 1, 1);
        QueryPositions = load.Table("query_position_embeddings.weight", config.NumQueries, config.DModel);
        Layers = new DetrLayers(config, load);
        Positions = new DetrPositions(config.DModel, config.HasLearnedPositions ? LearnedPositions(config, load) : null);
        if (architecture != "DetrModel")
        {
            Heads = (
                load.Linear("class_labels_classifier", config.DModel, config.Labels.Count + 1),
                [.. Enumerable.Range(0, 3).Select(i => load.Linear($"bbox_predictor.layers.{i}", config.DModel, i < 2 ? config.DModel : 4))]);
        }

        MaskHead = architecture == "DetrForSegmentation" ? new DetrMaskHead(config, load) : null;
    }

    /// <summary>The config.</summary>
    public DetrConfig Config { get; }

    /// <inheritdoc/>
    public override string Architecture { get; }

    /// <summary>Pixels of a run: more images than that are run one after another.</summary>
    internal int PixelsPerRun { get; set; } = 1 << 22;

    internal ResNetBackbone Backbone { get; }

    internal ConvolutionLayer Projection { get; }

    internal EmbeddingWeights QueryPositions { get; }

    internal DetrLayers Layers { get; }

    internal DetrPositions Positions { get; }

    internal (LinearWeights Classes, LinearWeights[] Boxes)? Heads { get; }

    internal DetrMaskHead? MaskHead { get; }

    internal static Detr Load(ModelConfig config, ComputeDevice device)
    {
        var architecture = ArchitectureNames.Read(config, "DetrForObjectDetection", "DetrForSegmentation", "DetrModel");
        var read = DetrConfig.Read(config);
        if (architecture == "DetrForSegmentation")
        {
            read.CheckMaskHead(config);
        }

        using var store = config.OpenWeights("", "model.", "detr.model.", "detr.");
        var load = new WeightLoader(store, device, config.Options);
        var model = new Detr(read, load, device, config, architecture);
        string[] prefixes = ["", "model.", "detr.model."];
        load.Pack([
            "*.num_batches_tracked",
            .. prefixes.SelectMany(prefix => ResNetBackbone.Unused(read.Backbone, prefix + BackboneName(load))),
            .. architecture == "DetrModel" ? ["class_labels_classifier.*", "bbox_predictor.*"] : Array.Empty<string>(),
        ]);
        return model;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        inputs.Allow("pixel_values", "pixel_mask");
        var pixels = inputs.Require("pixel_values");
        var (images, height, width) = (pixels.Size(0, 4), pixels.Size(2, 4), pixels.Size(3, 4));
        var mask = inputs.Optional("pixel_mask");
        pixels.Expect(images, Config.Backbone.NumChannels, height, width);
        mask?.Expect(images, height, width);
        if (images == 0 || height == 0 || width == 0)
        {
            throw new InputException($"pixel_values: expected at least one pixel, found [{string.Join(", ", pixels.Shape)}].");
        }

        var maps = MaskHead is null ? 1 : Math.Max(1, Config.NumQueries / 4);
        var most = (int)Math.Clamp(PixelsPerRun / ((long)height * width * maps), 1, images);
        var run = _runs.Rent(
            idle => idle.Height == height && idle.Width == width && idle.Capacity >= most, () => NewRun(most, height, width));
        try
        {
            var outputs = new DetrOutputs(this, run, images);
            for (var first = 0; first < images; first += most)
            {
                var count = Math.Min(most, images - first);
                var offset = first;
                run.Start(
                    pixels.Floats.AsSpan(first * (pixels.Floats.Length / images), count * (pixels.Floats.Length / images)),
                    count,
                    (image, y, x) => mask is null || TokenBatch.MaskValue(mask, ((offset + image) * height + y) * width + x, width));
                outputs.Read(run, first, count);
            }

            return outputs.Tensors;
        }
        finally
        {
            _runs.Return(run);
        }
    }

    private protected override IReadOnlyList<Session> PlanSessions() => [NewRun(1, PlanSize, PlanSize).Session];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _runs.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Which of the names that transformers has given it in its time.</summary>
    private static string BackboneName(WeightLoader load) =>
        load.Has("backbone.conv_encoder.model._backbone.conv1.weight")
            ? "backbone.conv_encoder.model._backbone"
            : "backbone.conv_encoder.model";

    private static (Func<float[]>, Func<float[]>) LearnedPositions(DetrConfig config, WeightLoader load)
    {
        var name = load.Has("position_embedding.row_embeddings.weight") ? "position_embedding" : "backbone.position_embedding";
        Func<float[]> Table(string part) => load.OnHost($"{name}.{part}.weight", DetrPositions.LearnedSize, config.DModel / 2);
        return (Table("row_embeddings"), Table("column_embeddings"));
    }

    private DetrRun NewRun(int images, int height, int width) =>
        new(this, images, height, width, program => NewSession(program));
}
