using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Marian's config.json, under Hugging Face's names.</summary>
/// <param name="Layers">What it has in common with BART.</param>
/// <param name="ShareEncoderDecoderEmbeddings">One vocabulary for both languages.</param>
/// <param name="DecoderVocabSize">Ids of the target.</param>
public sealed record MarianConfig(BartConfig Layers, bool ShareEncoderDecoderEmbeddings, int DecoderVocabSize)
{
    /// <summary>Positions may be computed, so that no file vouches for their number.</summary>
    private const int MostPositionElements = 1 << 26;

    internal static MarianConfig Read(ModelConfig config)
    {
        EncoderDecoderConfig.Expect(config, "normalize_embedding", false);
        EncoderDecoderConfig.Expect(config, "static_position_embeddings", true);
        var layers = BartConfig.Read(config, "MarianMTModel", "MarianModel");
        if ((long)layers.MaxPositionEmbeddings * layers.DModel > MostPositionElements)
        {
            throw config.Error(
                "max_position_embeddings", $"at most {MostPositionElements / layers.DModel} with d_model {layers.DModel}", $"{layers.MaxPositionEmbeddings}");
        }

        var shares = config.FlagOr("share_encoder_decoder_embeddings", true);
        return new MarianConfig(
            layers, shares, shares ? layers.VocabSize : config.WholeOr("decoder_vocab_size", layers.VocabSize, 1, 1 << 24));
    }
}

/// <summary>Marian's translation models (Junczys-Dowmunt et al. 2018, arXiv:1804.00344), as OPUS-MT publishes them: BART's
/// layers with sinusoidal positions and a bias on the logits. Follows transformers/models/marian/modeling_marian.py.</summary>
public sealed class Marian : EncoderDecoderModel
{
    private readonly MarianConfig _config;
    private readonly BartLayers _layers;
    private readonly Lazy<Tokenizer> _target;

    private Marian(MarianConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        _target = new Lazy<Tokenizer>(() => MarianTokenizer.LoadTarget(folder));
        string[] shared = config.ShareEncoderDecoderEmbeddings ? ["shared.weight"] : [];
        string[] sources = [.. shared, "encoder.embed_tokens.weight"];
        string[] targets = [.. shared, "decoder.embed_tokens.weight", "lm_head.weight"];
        string[] all = config.ShareEncoderDecoderEmbeddings ? [.. sources, .. targets] : [];
        var source = EncoderDecoderConfig.Tied(load, ["encoder.embed_tokens.weight", .. sources, .. all]);
        var target = EncoderDecoderConfig.Tied(load, ["decoder.embed_tokens.weight", .. targets, .. all]);
        var hidden = config.Layers.DModel;
        var embedding = load.TokenTable(source, config.Layers.VocabSize, hidden);
        _layers = new BartLayers(
            config.Layers,
            load,
            Embedding(load, "encoder", embedding),
            Embedding(load, "decoder", target == source ? embedding : load.TokenTable(target, config.DecoderVocabSize, hidden)),
            load.Tied(
                "lm_head",
                config.Layers.TieWordEmbeddings ? EncoderDecoderConfig.Tied(load, ["lm_head.weight", .. targets, .. all]) : "lm_head.weight",
                load.Has("final_logits_bias") ? "final_logits_bias" : null,
                hidden,
                config.DecoderVocabSize,
                isBiasRow: true));
    }

    /// <summary>The config.</summary>
    public MarianConfig Config => _config;

    /// <inheritdoc/>
    public override string Architecture => "MarianMTModel";

    /// <inheritdoc/>
    public override int VocabularySize => _config.DecoderVocabSize;

    /// <inheritdoc/>
    public override int MaxTargetLength => _config.Layers.MaxPositionEmbeddings;

    /// <summary>That of the source, unless the folder has one for each language.</summary>
    public override ITokenizer TargetTokenizer =>
        MarianTokenizer.IsOf(Folder) ? _target.Value : Tokenizer;

    private protected override IEncoderDecoderGraph Graph => _layers;

    private protected override string ProgramName => "marian";

    private protected override int SourceVocabularySize => _config.Layers.VocabSize;

    private protected override int MaxSourceLength => _config.Layers.MaxPositionEmbeddings;

    internal static Marian Load(ModelConfig config, ComputeDevice device)
    {
        var read = MarianConfig.Read(config);
        using var store = config.OpenWeights("", "model.");
        var load = new WeightLoader(store, device, config.Options);
        var model = new Marian(read, load, device, config.Folder);
        load.Pack("*shared.weight");
        return model;
    }

    /// <summary>Positions are stored or computed: transformers leaves them out when it saves.</summary>
    private BartEmbedding Embedding(WeightLoader load, string name, EmbeddingWeights tokens)
    {
        var (rows, width) = (_config.Layers.MaxPositionEmbeddings, _config.Layers.DModel);
        var stored = $"{name}.embed_positions.weight";
        var positions = load.Has(stored)
            ? load.Table(stored, rows, width)
            : load.Computed(stored, rows, width, () => SinesThenCosines(rows, width));
        return new BartEmbedding(tokens, positions, null);
    }

    /// <summary>The table of the transformer of 2017 with the columns of the sines before those of the cosines.</summary>
    private static float[] SinesThenCosines(int rows, int width)
    {
        var table = new float[rows * width];
        var sines = (width + 1) / 2;
        for (var column = 0; column < width; column++)
        {
            var step = column < sines ? column : column - sines;
            var wave = Math.Pow(10000, 2.0 * step / width);
            for (var position = 0; position < rows; position++)
            {
                table[position * width + column] =
                    (float)(column < sines ? Math.Sin(position / wave) : Math.Cos(position / wave));
            }
        }

        return table;
    }
}
