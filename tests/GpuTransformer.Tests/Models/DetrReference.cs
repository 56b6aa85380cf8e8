using System.Text.Json.Nodes;

namespace GpuTransformer.Tests.Models;

/// <summary>DETR for one padded image in float64, from its paper and config.json, with no code in common with the product.</summary>
internal sealed class DetrReference(JsonNode config, ReferenceWeights weights, string prefix)
{
    private readonly ReferenceLayers _layers = new(weights);
    private readonly ReferenceImages _images = new(weights);

    private bool IsTimm => (bool?)config["use_timm_backbone"] ?? true;

    private int Width => (int)config["d_model"]!;

    private string Model => prefix + "model.";

    private Func<double, double> Activation => (string)config["activation_function"]! == "relu"
        ? v => Math.Max(0, v)
        : v => v / (1 + Math.Exp(-v));

    public Dictionary<string, double[]> Run(ReferenceMap pixels, Func<int, int, bool> isReal)
    {
        var features = Backbone(pixels);
        var projected = _images.Convolution($"{Model}input_projection", features[^1], Width, 1, bias: true);
        var (h, w) = (projected.Height, projected.Width);
        var real = Enumerable.Range(0, h * w)
            .Select(p => isReal(p / w * pixels.Height / h, p % w * pixels.Width / w)).ToArray();
        var positions = Positions(real, h, w);
        var memory = Encoder(projected.Rows(), positions, real);
        var hidden = Decoder(memory, positions, real);
        var outputs = new Dictionary<string, double[]>
        {
            ["logits"] = Flat(_layers.Linear($"{prefix}class_labels_classifier", hidden, config["id2label"]!.AsObject().Count + 1)),
            ["last_hidden_state"] = Flat(hidden),
        };
        var boxes = hidden;
        for (var i = 0; i < 3; i++)
        {
            boxes = _layers.Linear($"{prefix}bbox_predictor.layers.{i}", boxes, i < 2 ? Width : 4);
            boxes = ReferenceLayers.Map(boxes, i < 2 ? v => Math.Max(0, v) : v => 1 / (1 + Math.Exp(-v)));
        }

        outputs["pred_boxes"] = Flat(boxes);
        if ((string)config["architectures"]![0]! == "DetrForSegmentation")
        {
            outputs["pred_masks"] = Flat([.. Enumerable.Range(0, hidden.Length).Select(q => Mask(hidden[q], memory, real, projected, features))]);
        }

        return outputs;
    }

    private static double[] Flat(double[][] rows) => [.. rows.SelectMany(row => row)];

    private List<ReferenceMap> Backbone(ReferenceMap x)
    {
        var name = $"{Model}backbone.conv_encoder.model.";
        var section = config["backbone_config"];
        int[] Numbers(string key) => [.. section![key]!.AsArray().Select(n => (int)n!)];
        var (sizes, depths) = IsTimm ? ([64, 128, 256, 512], [2, 2, 2, 2]) : (Numbers("hidden_sizes"), Numbers("depths"));
        var isBottleneck = !IsTimm && (string)section!["layer_type"]! == "bottleneck";
        var dilated = IsTimm && ((bool?)config["dilation"] ?? false);
        var (stem, norm) = IsTimm ? ("conv1", "bn1") : ("embedder.embedder.convolution", "embedder.embedder.normalization");
        x = _images.Convolution(name + stem, x, IsTimm ? 64 : (int)section!["embedding_size"]!, 7, 2, 3);
        x = ReferenceImages.MaxPool(_images.BatchNorm(name + norm, x).Map(v => Math.Max(0, v)));
        var maps = new List<ReferenceMap>();
        for (var s = 0; s < sizes.Length; s++)
        {
            var last = dilated && s == sizes.Length - 1;
            var stride = last || (s == 0 && !(!IsTimm && (bool)section!["downsample_in_first_stage"]!)) ? 1 : 2;
            for (var l = 0; l < depths[s]; l++)
            {
                var early = isBottleneck && (bool)section!["downsample_in_bottleneck"]!;
                x = Block(name, s, l, x, sizes[s], l == 0 ? stride : 1, isBottleneck, early, last ? 2 : 1);
            }

            if (IsTimm || section!["out_features"]!.AsArray().Any(f => (string)f! == $"stage{s + 1}"))
            {
                maps.Add(x);
            }
        }

        return maps;
    }

    private ReferenceMap Block(
        string name, int stage, int layer, ReferenceMap x, int outputs, int stride, bool isBottleneck, bool early, int dilation)
    {
        var path = IsTimm ? $"{name}layer{stage + 1}.{layer}." : $"{name}encoder.stages.{stage}.layers.{layer}.";
        ReferenceMap Part(int i, ReferenceMap input, int channels, int kernel, int step, int holes = 1) => IsTimm
            ? _images.BatchNorm($"{path}bn{i + 1}", _images.Convolution($"{path}conv{i + 1}", input, channels, kernel, step, kernel / 2 * holes, holes))
            : _images.BatchNorm(
                $"{path}layer.{i}.normalization", _images.Convolution($"{path}layer.{i}.convolution", input, channels, kernel, step, kernel / 2));
        static ReferenceMap Relu(ReferenceMap map) => map.Map(v => Math.Max(0, v));
        var residual = x;
        if (x.Channels != outputs || stride != 1)
        {
            var (shortcut, norm) = IsTimm ? ("downsample.0", "downsample.1") : ("shortcut.convolution", "shortcut.normalization");
            residual = _images.BatchNorm(path + norm, _images.Convolution(path + shortcut, x, outputs, 1, stride));
        }

        var first = layer == 0 ? 1 : dilation;
        var y = isBottleneck
            ? Part(2, Relu(Part(1, Relu(Part(0, x, outputs / 4, 1, early ? stride : 1)), outputs / 4, 3, early ? 1 : stride)), outputs, 1, 1)
            : Part(1, Relu(Part(0, x, outputs, 3, stride, first)), outputs, 3, 1, dilation);
        return Relu(y + residual);
    }

    private double[][] Positions(bool[] real, int h, int w)
    {
        var half = Width / 2;
        if ((string?)config["position_embedding_type"] == "learned")
        {
            var columns = weights[$"{Model}backbone.position_embedding.column_embeddings.weight", 0, 50, half];
            var lines = weights[$"{Model}backbone.position_embedding.row_embeddings.weight", 0, 50, half];
            return [.. real.Select((_, p) => (double[])[.. columns.AsSpan(p % w * half, half), .. lines.AsSpan(p / w * half, half)])];
        }

        double Share(IEnumerable<int> line, int p) =>
            line.Where(q => q <= p).Count(q => real[q]) / (line.Count(q => real[q]) + 1e-6) * 2 * Math.PI;
        double[] Waves(double share) => [.. Enumerable.Range(0, half).Select(i =>
            i % 2 == 0 ? Math.Sin(share / Math.Pow(10000, 2.0 * (i / 2) / half)) : Math.Cos(share / Math.Pow(10000, 2.0 * (i / 2) / half)))];
        return [.. real.Select((_, p) => (double[])[
            .. Waves(Share(Enumerable.Range(0, h).Select(y => y * w + p % w), p)),
            .. Waves(Share(Enumerable.Range(0, w).Select(x => p / w * w + x), p))])];
    }

    private double[][] Encoder(double[][] x, double[][] positions, bool[] real)
    {
        for (var i = 0; i < (int)config["encoder_layers"]!; i++)
        {
            var name = $"{Model}encoder.layers.{i}.";
            var placed = ReferenceLayers.Add(x, positions);
            x = ReferenceLayers.Add(x, _layers.Attention($"{name}self_attn", placed, placed, x, (int)config["encoder_attention_heads"]!, real));
            x = _layers.LayerNorm($"{name}self_attn_layer_norm", x);
            x = FeedForward(name, x, (int)config["encoder_ffn_dim"]!);
        }

        return x;
    }

    private double[][] Decoder(double[][] memory, double[][] positions, bool[] real)
    {
        var (queries, heads) = ((int)config["num_queries"]!, (int)config["decoder_attention_heads"]!);
        var table = weights[$"{Model}query_position_embeddings.weight", 0, queries, Width];
        double[][] places = [.. Enumerable.Range(0, queries).Select(q => table.AsSpan(q * Width, Width).ToArray())];
        double[][] x = [.. places.Select(_ => new double[Width])];
        for (var i = 0; i < (int)config["decoder_layers"]!; i++)
        {
            var name = $"{Model}decoder.layers.{i}.";
            var placed = ReferenceLayers.Add(x, places);
            x = ReferenceLayers.Add(x, _layers.Attention($"{name}self_attn", placed, placed, x, heads, null));
            x = _layers.LayerNorm($"{name}self_attn_layer_norm", x);
            var seen = _layers.Attention(
                $"{name}encoder_attn", ReferenceLayers.Add(x, places), ReferenceLayers.Add(memory, positions), memory, heads, real);
            x = _layers.LayerNorm($"{name}encoder_attn_layer_norm", ReferenceLayers.Add(x, seen));
            x = FeedForward(name, x, (int)config["decoder_ffn_dim"]!);
            x = (bool?)config["auxiliary_loss"] ?? false ? _layers.LayerNorm($"{Model}decoder.layernorm", x) : x;
        }

        return _layers.LayerNorm($"{Model}decoder.layernorm", x);
    }

    private double[][] FeedForward(string name, double[][] x, int inner)
    {
        var up = ReferenceLayers.Map(_layers.Linear($"{name}fc1", x, inner), Activation);
        return _layers.LayerNorm($"{name}final_layer_norm", ReferenceLayers.Add(x, _layers.Linear($"{name}fc2", up, Width)));
    }

    private double[] Mask(double[] query, double[][] memory, bool[] real, ReferenceMap projected, List<ReferenceMap> features)
    {
        var heads = (int)config["encoder_attention_heads"]!;
        var (h, w, head) = (projected.Height, projected.Width, Width / heads);
        var q = _layers.Linear("bbox_attention.q_linear", [query], Width)[0];
        var k = _layers.Linear("bbox_attention.k_linear", memory, Width);
        var looks = ReferenceLayers.Softmax([.. Enumerable.Range(0, heads * h * w).Select(i => real[i % (h * w)]
            ? Enumerable.Range(i / (h * w) * head, head).Sum(d => q[d] * k[i % (h * w)][d]) / Math.Sqrt(head)
            : double.NegativeInfinity)]);
        var x = new ReferenceMap([.. projected.Data, .. looks], Width + heads, h, w);
        ReferenceMap Refine(int i, ReferenceMap map, int outputs) => _images
            .GroupNorm($"mask_head.gn{i}", _images.Convolution($"mask_head.lay{i}", map, outputs, 3, 1, 1, bias: true)).Map(Activation);
        x = Refine(2, Refine(1, x, x.Channels), Width / 2);
        for (var i = 0; i < 3; i++)
        {
            var adapted = _images.Convolution($"mask_head.adapter{i + 1}", features[2 - i], x.Channels, 1, bias: true);
            x = Refine(3 + i, adapted + ReferenceImages.Resize(x, adapted.Height, adapted.Width), Width >> (i + 2));
        }

        return _images.Convolution("mask_head.out_lay", x, 1, 3, 1, 1, bias: true).Data;
    }
}
