using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>What the configs of Llama and its relatives share, under Hugging Face's names.</summary>
public abstract record DecoderConfig
{
    private const int MostWidth = 1 << 17;

    /// <param name="config">The config.</param>
    /// <param name="architecture">The one architecture that the family loads.</param>
    /// <param name="usual">Values of keys that may be absent.</param>
    private protected DecoderConfig(ModelConfig config, string architecture, DecoderDefaults usual)
    {
        if (config.Has("architectures"))
        {
            ArchitectureNames.Read(config, architecture);
        }

        Refuse(config);
        VocabSize = config.Whole("vocab_size", 1, 1 << 24);
        HiddenSize = config.Whole("hidden_size", 1, MostWidth);
        IntermediateSize = config.Whole("intermediate_size", 1, 1 << 20);
        NumHiddenLayers = config.Whole("num_hidden_layers", 1, 1 << 12);
        NumAttentionHeads = config.Whole("num_attention_heads", 1, 1 << 12);
        NumKeyValueHeads = KeyHeads(config, usual);
        HeadDim = HeadWidth(config, usual);
        MaxPositionEmbeddings = config.WholeOr("max_position_embeddings", usual.MaxPositionEmbeddings, 1);
        RmsNormEps = (float)config.NumberOr("rms_norm_eps", 1e-6, 0, 1);
        HiddenAct = ActivationNames.Read(config, usual.ActivationKey, usual.Activation);
        TieWordEmbeddings = config.FlagOr("tie_word_embeddings", usual.TieWordEmbeddings);
        Rope = RopeParameters.Read(config, HeadDim, MaxPositionEmbeddings);
        IsSliding = new bool[NumHiddenLayers];
    }

    /// <summary>Ids are below it.</summary>
    public int VocabSize { get; }

    /// <summary>Width of the hidden states.</summary>
    public int HiddenSize { get; }

    /// <summary>Width inside the feed-forward.</summary>
    public int IntermediateSize { get; }

    /// <summary>Layers.</summary>
    public int NumHiddenLayers { get; }

    /// <summary>Query heads.</summary>
    public int NumAttentionHeads { get; }

    /// <summary>Key and value heads.</summary>
    public int NumKeyValueHeads { get; }

    /// <summary>Width of a head.</summary>
    public int HeadDim { get; }

    /// <summary>Positions that the model was made for.</summary>
    public int MaxPositionEmbeddings { get; }

    /// <summary>The most tokens of a text: positions as far as they are stretched; dynamic scaling has no end.</summary>
    internal int MostPositions => Rope.Type == RopeType.Dynamic
        ? int.MaxValue
        : (int)Math.Min(int.MaxValue, Math.Max(MaxPositionEmbeddings, Rope.OriginalMaxPositions * Rope.Factor));

    /// <summary>Added to the mean square under the root.</summary>
    public float RmsNormEps { get; }

    /// <summary>The activation of the feed-forward's gate.</summary>
    public ActivationKind HiddenAct { get; }

    /// <summary>Whether the output layer is the embedding.</summary>
    public bool TieWordEmbeddings { get; }

    /// <summary>Rotary positions.</summary>
    public RopeParameters Rope { get; }

    /// <summary>Keys that a row of a sliding layer sees, its own included; null: no layer slides.</summary>
    public int? SlidingWindow { get; private protected init; }

    /// <summary>Which layers have a sliding window.</summary>
    public IReadOnlyList<bool> IsSliding { get; private protected init; }

    /// <summary>Reads layer_types, or makes them by the family's rule, and the window that sliding layers need.</summary>
    /// <param name="config">The config.</param>
    /// <param name="window">sliding_window, where the family honours it.</param>
    /// <param name="rule">Whether a layer slides where layer_types is absent.</param>
    private protected bool[] LayerTypes(ModelConfig config, int? window, Func<int, bool> rule)
    {
        const string key = "layer_types";
        bool[] sliding = config.Has(key)
            ? [.. config.Texts(key).Select(type => type switch
            {
                "sliding_attention" => true,
                "full_attention" => false,
                var other => throw config.Error(key, "full_attention or sliding_attention", other),
            })]
            : [.. Enumerable.Range(0, NumHiddenLayers).Select(rule)];
        if (sliding.Length != NumHiddenLayers)
        {
            throw config.Error(key, $"{NumHiddenLayers} entries, one a layer", $"{sliding.Length}");
        }

        return window is not null || !sliding.Contains(true)
            ? sliding
            : throw config.Error("sliding_window", "a number, since layer_types has sliding_attention", "none");
    }

    /// <summary>sliding_window, or the family's usual one where the key is absent; null where it is null.</summary>
    private protected static int? Window(ModelConfig config, int usual) =>
        config.Has("sliding_window") ? config.Whole("sliding_window", 1)
        : config.Keys.Contains("sliding_window") ? null
        : usual;

    private static void Refuse(ModelConfig config)
    {
        if (config.Has("quantization_config"))
        {
            throw config.Error("quantization_config", "none: weights as they were trained, or a GGUF file", "an object");
        }

        foreach (var key in new[] { "use_mrope", "add_cross_attention", "is_encoder_decoder" })
        {
            if (config.FlagOr(key, false))
            {
                throw config.Error(key, "false", "true");
            }
        }
    }

    private int KeyHeads(ModelConfig config, DecoderDefaults usual)
    {
        const string key = "num_key_value_heads";
        var absent = config.Keys.Contains(key) ? null : usual.NumKeyValueHeads;
        var heads = config.WholeOr(key, absent ?? NumAttentionHeads, 1, 1 << 12);
        return NumAttentionHeads % heads == 0
            ? heads
            : throw config.Error("num_attention_heads", $"a multiple of num_key_value_heads {heads}", $"{NumAttentionHeads}");
    }

    private int HeadWidth(ModelConfig config, DecoderDefaults usual)
    {
        if (config.Has("head_dim"))
        {
            return config.Whole("head_dim", 1, MostWidth / NumAttentionHeads);
        }

        if (usual.HeadDim is { } width && !config.Keys.Contains("head_dim"))
        {
            return width;
        }

        return HiddenSize % NumAttentionHeads == 0
            ? HiddenSize / NumAttentionHeads
            : throw config.Error("hidden_size", $"a multiple of num_attention_heads {NumAttentionHeads}", $"{HiddenSize}");
    }
}

/// <summary>What a family's config class takes where a key is absent.</summary>
internal sealed record DecoderDefaults(int MaxPositionEmbeddings)
{
    /// <summary>Key heads where the key is absent; null: as many as query heads.</summary>
    public int? NumKeyValueHeads { get; init; }

    /// <summary>Width of a head where the key is absent; null: hidden_size / num_attention_heads.</summary>
    public int? HeadDim { get; init; }

    public bool TieWordEmbeddings { get; init; }

    /// <summary>The key that names the activation.</summary>
    public string ActivationKey { get; init; } = "hidden_act";

    public string Activation { get; init; } = "silu";
}
