using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>ViT's config.json, under Hugging Face's names.</summary>
public sealed record VitConfig(
    int HiddenSize,
    int NumHiddenLayers,
    int NumAttentionHeads,
    int IntermediateSize,
    int ImageHeight,
    int ImageWidth,
    int PatchSize,
    int NumChannels,
    float LayerNormEps,
    ActivationKind HiddenAct,
    IReadOnlyList<string> Labels)
{
    /// <summary>Patches of an image.</summary>
    public int PatchCount => ImageHeight / PatchSize * (ImageWidth / PatchSize);

    internal static VitConfig Read(ModelConfig config)
    {
        var architecture = config.Has("architectures") ? config.Texts("architectures").FirstOrDefault("") : "";
        if (architecture != "ViTForImageClassification")
        {
            throw config.Error("architectures", "ViTForImageClassification", architecture);
        }

        if (!config.FlagOr("qkv_bias", true))
        {
            throw config.Error("qkv_bias", "true", "false");
        }

        var size = config.Wholes("image_size", 1, 1 << 14);
        var labels = config.TextPairs("id2label");
        var read = new VitConfig(
            config.Whole("hidden_size", 1, 1 << 16),
            config.Whole("num_hidden_layers", 1, 1 << 10),
            config.Whole("num_attention_heads", 1, 1 << 10),
            config.Whole("intermediate_size", 1, 1 << 20),
            size[0],
            size[^1],
            config.Whole("patch_size", 1, 1 << 12),
            config.WholeOr("num_channels", 3, 1, 1 << 10),
            (float)config.NumberOr("layer_norm_eps", 1e-12, 0, 1),
            ActivationNames.Read(config, "hidden_act", "gelu"),
            ReadLabels(config, labels));
        if (read.HiddenSize % read.NumAttentionHeads != 0)
        {
            throw config.Error("hidden_size", $"a multiple of num_attention_heads {read.NumAttentionHeads}", $"{read.HiddenSize}");
        }

        return read.ImageHeight % read.PatchSize == 0 && read.ImageWidth % read.PatchSize == 0
            ? read
            : throw config.Error("image_size", $"a multiple of patch_size {read.PatchSize}", string.Join(" x ", size));
    }

    private static string[] ReadLabels(ModelConfig config, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        // Without id2label transformers assumes two classes.
        var labels = new string[pairs.Count == 0 ? 2 : pairs.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = $"LABEL_{i}";
        }

        foreach (var (key, label) in pairs)
        {
            if (!int.TryParse(key, out var id) || id < 0 || id >= labels.Length)
            {
                throw config.Error("id2label", $"ids from 0 to {labels.Length - 1}", key);
            }

            labels[id] = label;
        }

        return labels;
    }
}

/// <summary>Vision Transformer (Dosovitskiy et al. 2020, arXiv:2010.11929) with a classifier on the class token.
/// Follows transformers/models/vit/modeling_vit.py.</summary>
public sealed class Vit : TransformerModel
{
    private readonly VitConfig _config;
    private readonly EmbeddingWeights _classToken;
    private readonly EmbeddingWeights _positions;
    private readonly LinearWeights _projection;
    private readonly Layer[] _layers;
    private readonly NormWeights _norm;
    private readonly LinearWeights _classifier;
    private readonly RunPool<VisionRun> _runs = new();

    private Vit(VitConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        _classToken = load.Table("embeddings.cls_token", 1, 1, config.HiddenSize);
        _positions = load.Table("embeddings.position_embeddings", 1, config.PatchCount + 1, config.HiddenSize);
        _projection = load.PatchProjection(
            "embeddings.patch_embeddings.projection", config.HiddenSize, config.NumChannels, config.PatchSize, config.PatchSize);
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new Layer(load, $"encoder.layer.{i}", config))];
        _norm = load.Norm("layernorm", config.HiddenSize, config.LayerNormEps);
        _classifier = load.Linear("classifier", config.HiddenSize, config.Labels.Count);
    }

    /// <summary>The config.</summary>
    public VitConfig Config => _config;

    /// <inheritdoc/>
    public override string Architecture => "ViTForImageClassification";

    internal static Vit Load(ModelConfig config, ComputeDevice device)
    {
        var read = VitConfig.Read(config);
        using var store = config.OpenWeights("", "vit.");
        var load = new WeightLoader(store, device);
        var model = new Vit(read, load, device, config.Folder);
        load.Pack("vit.pooler.*");
        return model;
    }

    /// <summary>Class logits of images.</summary>
    /// <param name="pixels">[images, channels, height, width], normalized as the model was trained.</param>
    /// <returns>[images, labels].</returns>
    /// <exception cref="InputException">The pixels are not a whole number of images of the model's size.</exception>
    public float[] Classify(ReadOnlySpan<float> pixels)
    {
        var each = _config.NumChannels * _config.ImageHeight * _config.ImageWidth;
        if (pixels.Length == 0 || pixels.Length % each != 0)
        {
            throw new InputException(
                $"pixels: {pixels.Length} values, expected images of [{_config.NumChannels}, {_config.ImageHeight}, {_config.ImageWidth}].");
        }

        var run = Rent(pixels.Length / each);
        try
        {
            run.Start(pixels, pixels.Length / each);
            var logits = new float[pixels.Length / each * _config.Labels.Count];
            run.Session.Read(run.Logits, logits);
            return logits;
        }
        finally
        {
            _runs.Return(run);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        inputs.Allow("pixel_values");
        var pixels = inputs.Require("pixel_values");
        var images = pixels.Size(0, 4);
        pixels.Expect(images, _config.NumChannels, _config.ImageHeight, _config.ImageWidth);
        if (images == 0)
        {
            throw new InputException("pixel_values: expected at least one image, found 0.");
        }

        var run = Rent(images);
        try
        {
            run.Start(pixels.Floats, images);
            var tokens = _config.PatchCount + 1;
            var logits = new float[images * _config.Labels.Count];
            var hidden = new float[images * tokens * _config.HiddenSize];
            run.Session.Read(run.Logits, logits);
            run.Session.Read(run.Hidden, hidden);
            return
            [
                new HostTensor("logits", logits, images, _config.Labels.Count),
                new HostTensor("last_hidden_state", hidden, images, tokens, _config.HiddenSize),
            ];
        }
        finally
        {
            _runs.Return(run);
        }
    }

    private protected override IReadOnlyList<Session> PlanSessions() => [new VisionRun(this, 1).Session];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _runs.Dispose();
        base.Dispose(disposing);
    }

    private VisionRun Rent(int images) => _runs.Rent(idle => images <= idle.Capacity, () => new VisionRun(this, images));

    /// <summary>One encoder layer; the names are the checkpoint's.</summary>
    private sealed class Layer(WeightLoader load, string name, VitConfig config)
    {
        private readonly NormWeights _before = load.Norm($"{name}.layernorm_before", config.HiddenSize, config.LayerNormEps);
        private readonly SelfAttention _attention = new(
            load.Stack(
                $"{name}.attention.attention", config.HiddenSize, config.HiddenSize, true,
                $"{name}.attention.attention.query", $"{name}.attention.attention.key", $"{name}.attention.attention.value"),
            load.Linear($"{name}.attention.output.dense", config.HiddenSize, config.HiddenSize),
            config.NumAttentionHeads);

        private readonly NormWeights _after = load.Norm($"{name}.layernorm_after", config.HiddenSize, config.LayerNormEps);
        private readonly FeedForwardLayer _feedForward = new(
            load.Linear($"{name}.intermediate.dense", config.HiddenSize, config.IntermediateSize),
            load.Linear($"{name}.output.dense", config.IntermediateSize, config.HiddenSize),
            config.HiddenAct);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space)
        {
            var normed = graph.LayerNorm($"{name}.layernorm_before", x, _before);
            x = _attention.Build(graph, $"{name}.attention", normed, x, space, persistent: false);
            return _feedForward.Build(graph, name, graph.LayerNorm($"{name}.layernorm_after", x, _after), x);
        }
    }

    /// <summary>A program for a number of images, and a session of it.</summary>
    private sealed class VisionRun : IDisposable
    {
        private readonly VitConfig _config;
        private readonly RowSpace _images;
        private readonly RowSpace _patches;
        private readonly TokenSpace _space;
        private readonly IntTable _first;
        private readonly GraphTensor _pixels;
        private readonly int[] _slots;

        public VisionRun(Vit model, int images)
        {
            _config = model._config;
            var tokens = _config.PatchCount + 1;
            var graph = new GraphBuilder("vit");
            _images = graph.Rows("images", images);
            _patches = graph.Rows("patches", images * _config.PatchCount);
            _space = TokenSpace.Declare(graph, "tokens", images * tokens, images, tokens, packed: true);
            _first = graph.Table("class_tokens", images);
            _pixels = graph.Input("pixel_values", _images, _config.NumChannels * _config.ImageHeight * _config.ImageWidth);
            var cut = graph.Patches("embeddings.patch_embeddings", _pixels, _patches, new PatchArgs
            {
                Channels = _config.NumChannels,
                Height = _config.ImageHeight,
                Width = _config.ImageWidth,
                PatchHeight = _config.PatchSize,
                PatchWidth = _config.PatchSize,
            });
            var x = graph.Linear("embeddings.patch_embeddings.projection", cut, model._projection);
            x = graph.AssembleTokens("embeddings", x, _images, _space.Rows, model._classToken, model._positions);
            foreach (var layer in model._layers)
            {
                x = layer.Build(graph, x, _space);
            }

            Hidden = graph.LayerNorm("layernorm", x, model._norm);
            graph.Output("last_hidden_state", Hidden);
            Logits = graph.Linear("classifier", graph.Gather("class_tokens", Hidden, _images, _first), model._classifier);
            graph.Output("logits", Logits);
            Session = model.NewSession(graph.Build());
            _slots = new int[images];
            Array.Fill(_slots, tokens);
        }

        public Session Session { get; }

        public GraphTensor Logits { get; }

        public GraphTensor Hidden { get; }

        public int Capacity => _images.Capacity;

        public void Dispose() => Session.Dispose();

        public void Start(ReadOnlySpan<float> pixels, int images)
        {
            var tokens = _config.PatchCount + 1;
            var rows = new TokenRows(Session, _space);
            var first = Session.Table(_first);
            for (var image = 0; image < images; image++)
            {
                first[image] = rows.Count;
                for (var t = 0; t < tokens; t++)
                {
                    rows.Add(image, 0, t, t, 0, tokens);
                }
            }

            rows.Finish();
            PageTables.FillPacked(Session, _space.Keys, _slots.AsSpan(0, images));
            Session.SetRows(_images, images);
            Session.SetRows(_patches, images * _config.PatchCount);
            Session.Write(_pixels, pixels);
            Session.Run();
        }
    }
}
