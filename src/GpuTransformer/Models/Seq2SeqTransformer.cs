using GpuTransformer.Generation;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>config.json of a tokens-to-tokens transformer.</summary>
public sealed record Seq2SeqConfig(
    TransformerConfig Transformer,
    bool Autoregressive,
    bool ScaleEmbedding,
    int Pad,
    int Start,
    int Stop,
    int MaxTarget,
    IReadOnlyList<string> SourceVocabulary,
    IReadOnlyList<string> TargetVocabulary)
{
    internal static Seq2SeqConfig Read(ModelConfig config)
    {
        config.OneOf("positions", "sinusoidal");
        var source = config.Texts("source_vocabulary");
        var target = config.Texts("target_vocabulary");
        var smaller = Math.Min(source.Length, target.Length) - 1;
        var transformer = new TransformerConfig(
            config.Whole("d_model", 1, 1 << 16),
            config.Whole("heads", 1, 1 << 10),
            config.Whole("encoder_layers", 1, 1 << 10),
            config.Whole("decoder_layers", 1, 1 << 10),
            config.Whole("ffn", 1, 1 << 20),
            ActivationNames.Read(config, "activation", "relu"),
            config.OneOf("norm", "post", "pre") == "pre",
            config.Flag("final_norm"),
            (float)config.NumberOr("layer_norm_eps", 1e-5, 0, 1));
        if (transformer.DModel % transformer.NHead != 0)
        {
            throw config.Error("d_model", $"a multiple of heads {transformer.NHead}", $"{transformer.DModel}");
        }

        return new Seq2SeqConfig(
            transformer,
            config.OneOf("decoder", "autoregressive", "non-autoregressive") == "autoregressive",
            config.Flag("scale_embedding"),
            config.Whole("pad", 0, smaller),
            config.Whole("start", 0, smaller),
            config.Whole("stop", 0, smaller),
            config.Whole("max_target", 1, Seq2SeqTransformer.MaxPositions),
            source,
            target);
    }
}

/// <summary>The transformer of 2017 from tokens to tokens, with sinusoidal positions; the decoder goes token by token,
/// or all at once from start tokens (non-autoregressive: Gu et al. 2017, arXiv:1711.02281, without fertilities).</summary>
public sealed class Seq2SeqTransformer : EncoderDecoderModel
{
    /// <summary>Tokens that the position table holds; a longer text is an error.</summary>
    public const int MaxPositions = 1024;

    private readonly Seq2SeqConfig _config;
    private readonly Layers _layers;
    private readonly Lazy<CharacterTokenizer> _letters;
    private readonly Lazy<CharacterTokenizer> _names;

    private Seq2SeqTransformer(Seq2SeqConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        _layers = new Layers(config, load);
        _letters = new Lazy<CharacterTokenizer>(() => CharacterTokenizer.Source(ModelConfig.Load(folder)));
        _names = new Lazy<CharacterTokenizer>(() => CharacterTokenizer.Target(ModelConfig.Load(folder)));
    }

    /// <summary>The config.</summary>
    public Seq2SeqConfig Config => _config;

    /// <inheritdoc/>
    public override string Architecture => _config.Autoregressive ? "transformer-seq2seq" : "transformer-seq2seq (non-autoregressive)";

    /// <inheritdoc/>
    public override int VocabularySize => _config.TargetVocabulary.Count;

    /// <summary>Start and text; where all tokens come at once there are no more than the model answers with.</summary>
    public override int MaxTargetLength => _config.Autoregressive ? MaxPositions : _config.MaxTarget + 1;

    /// <inheritdoc/>
    public override ITokenizer SourceTokenizer => _letters.Value;

    /// <inheritdoc/>
    public override ITokenizer TargetTokenizer => _names.Value;

    private protected override IEncoderDecoderGraph Graph => _layers;

    private protected override string ProgramName => "seq2seq";

    private protected override int SourceVocabularySize => _config.SourceVocabulary.Count;

    private protected override int MaxSourceLength => MaxPositions;

    private protected override int? MaskedId => _config.Pad;

    private protected override bool IsCausal => _config.Autoregressive;

    internal static Seq2SeqTransformer Load(ModelConfig config, ComputeDevice device)
    {
        var read = Seq2SeqConfig.Read(config);
        using var store = config.OpenWeights();
        var load = new WeightLoader(store, device, config.Options);
        var model = new Seq2SeqTransformer(read, load, device, config.Folder);
        load.Pack("positions");
        return model;
    }

    /// <summary>Turns words into what they are spelled as in the target vocabulary: letters to phonemes.</summary>
    /// <returns>Names of the target vocabulary with spaces between, a text a word.</returns>
    /// <exception cref="InputException">A letter is not in the vocabulary, or a word is longer than the positions.</exception>
    public IReadOnlyList<string> Transcribe(params IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var answers = Generate([.. words.Select(word => _letters.Value.Encode(word).Ids)]);
        return [.. answers.Select(answer => _names.Value.Decode([.. answer.Ids]))];
    }

    /// <inheritdoc/>
    internal override Generation.IDecoding Start(DecodingRequest request)
    {
        if (_config.Autoregressive)
        {
            return base.Start(request);
        }

        var (source, prompts) = Read(request);
        var starts = StartTokens(prompts.Batch);
        return new AllAtOnceDecoding(Forward(source, TokenBatch.Of(starts, null, VocabularySize))[0], request, _config.Stop);
    }

    private protected override GenerationOptions ReadGenerationDefaults() => new()
    {
        EosTokenIds = [_config.Stop],
        PadTokenId = _config.Pad,
        DecoderStartTokenId = _config.Start,
        MaxLength = _config.MaxTarget + 1,
    };

    private protected override HostTensor TargetOrDefault(ForwardInputs inputs, int batch)
    {
        var given = inputs.Optional("decoder_input_ids");
        return given is null && !_config.Autoregressive ? StartTokens(batch) : base.TargetOrDefault(inputs, batch);
    }

    private HostTensor StartTokens(int batch)
    {
        var ids = new long[batch * _config.MaxTarget];
        Array.Fill(ids, _config.Start);
        return new HostTensor("decoder_input_ids", ids, batch, _config.MaxTarget);
    }

    private sealed class Layers(Seq2SeqConfig config, WeightLoader load) : IEncoderDecoderGraph
    {
        private readonly float _scale = config.ScaleEmbedding ? MathF.Sqrt(config.Transformer.DModel) : 1f;
        private readonly EmbeddingWeights _source =
            load.TokenTable("source_embedding.weight", config.SourceVocabulary.Count, config.Transformer.DModel);

        private readonly EmbeddingWeights _target =
            load.TokenTable("target_embedding.weight", config.TargetVocabulary.Count, config.Transformer.DModel);

        private readonly TransformerStacks _stacks = new(load, "transformer.", config.Transformer);
        private readonly LinearWeights _generator =
            load.Linear("generator", config.Transformer.DModel, config.TargetVocabulary.Count);

        private readonly EmbeddingWeights _positions = load.Computed(
            "positions", MaxPositions, config.Transformer.DModel, () => SinusoidalTable.Create(MaxPositions, config.Transformer.DModel));

        public GraphTensor Encoder(GraphBuilder graph, TokenSpace source) => _stacks.BuildEncoder(
            graph, graph.Embedding("source_embedding", source.Rows, source.Ids, _source, _scale, (source.Positions, _positions)), source);

        public void MemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes) =>
            _stacks.BuildMemoryKeys(graph, memory, keys, writes);

        public GraphTensor Decoder(GraphBuilder graph, TokenSpace target, Visibility memory) => _stacks.BuildDecoder(
            graph,
            graph.Embedding("target_embedding", target.Rows, target.Ids, _target, _scale, (target.Positions, _positions)),
            target,
            memory);

        public GraphTensor Head(GraphBuilder graph, GraphTensor hidden) => graph.Linear("generator", hidden, _generator);
    }
}
