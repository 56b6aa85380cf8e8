using GpuTransformer.Generation;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>A model that reads a source with its encoder and writes with its decoder. A family gives both as graphs; runs,
/// caches and decoding are here. Inputs: input_ids [batch, length] (or the family's features), attention_mask,
/// decoder_input_ids [batch, target length], decoder_attention_mask. Outputs: logits [batch, target length, vocabulary]
/// and encoder_last_hidden_state [batch, length, hidden].</summary>
public abstract class EncoderDecoderModel : GenerativeModel
{
    private const int PlanLength = 32;
    private const int MostRows = 1 << 26;
    private readonly RunPool<EncoderDecoderRun> _forwards = new();
    private readonly RunPool<EncoderDecoderRun> _decodings = new();

    private protected EncoderDecoderModel(ModelWeights weights, ComputeDevice device, string folder)
        : base(weights, device, folder)
    {
    }

    /// <inheritdoc/>
    public sealed override bool IsEncoderDecoder => true;

    /// <summary>The family's layers.</summary>
    private protected abstract IEncoderDecoderGraph Graph { get; }

    /// <summary>Name of the programs.</summary>
    private protected abstract string ProgramName { get; }

    /// <summary>Source ids are below it.</summary>
    private protected virtual int SourceVocabularySize => VocabularySize;

    /// <summary>The most tokens of a source.</summary>
    private protected abstract int MaxSourceLength { get; }

    /// <inheritdoc/>
    internal sealed override int LongestInput(GenerationOptions options) => MaxSourceLength;

    /// <summary>What the encoder reads instead of ids; null: ids.</summary>
    private protected virtual FeatureSource? Features => null;

    /// <summary>The id that a missing mask is made from; null: without a mask every token is real.</summary>
    private protected virtual int? MaskedId => null;

    /// <summary>Whether a target token sees only those before it.</summary>
    private protected virtual bool IsCausal => true;

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var source = ReadSource(inputs);
        return Forward(source, ReadTarget(inputs, source.Batch));
    }

    /// <summary>Writes what features say, of a model that reads features instead of ids.</summary>
    /// <param name="features">Such as Whisper's input_features, [batch, num_mel_bins, frames].</param>
    /// <param name="options">What goes before the model's own defaults.</param>
    /// <param name="cancellation">Looked at between tokens.</param>
    /// <returns>The answers, those of a source together, best first.</returns>
    /// <exception cref="InputException">The model reads ids, the features are of another shape, or an option makes no sense.</exception>
    public IReadOnlyList<GenerationResult> Generate(
        HostTensor features, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        int[][] starts = [.. Enumerable.Repeat(Array.Empty<int>(), features.Size(0, 3))];
        return Generate(new GenerationInputs(starts) { Features = features }, options, cancellation);
    }

    /// <inheritdoc/>
    internal override IDecoding Start(DecodingRequest request)
    {
        var (source, prompts) = Read(request);
        return new EncoderDecoderDecoding(this, source, prompts, request);
    }

    /// <summary>Runs encoder and decoder over whole targets: logits and encoder_last_hidden_state.</summary>
    private protected HostTensor[] Forward(EncoderSource source, TokenBatch target)
    {
        var size = new EncoderDecoderSize(
            source.Batch, source.Length, target.Batch, checked(target.Batch * target.Length), target.Length, LastOnly: false);
        var run = Rent(size);
        try
        {
            source.Encode(run);
            var outputs = DecodeTeacherForced(run, source, target);
            Return(run);
            return outputs;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>What a decoding starts from, checked.</summary>
    /// <exception cref="InputException">An id is not in the vocabulary, or a text is longer than the model.</exception>
    private protected (EncoderSource Source, TokenBatch Prompts) Read(DecodingRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var source = ReadSource(request);
        return (source, ReadPrompts(request, source.Batch));
    }

    /// <summary>A run that holds the size, for one caller.</summary>
    internal EncoderDecoderRun Rent(EncoderDecoderSize size) =>
        (size.LastOnly ? _decodings : _forwards).Rent(idle => idle.Size.Holds(size), () => NewRun(size));

    /// <summary>Gives a run back after use; one that failed on the way is disposed instead.</summary>
    internal void Return(EncoderDecoderRun run)
    {
        run.Cache.Clear();
        (run.Size.LastOnly ? _decodings : _forwards).Return(run);
    }

    /// <summary>The target of a forward pass, where it was not given.</summary>
    /// <exception cref="InputException">The model needs one.</exception>
    private protected virtual HostTensor TargetOrDefault(ForwardInputs inputs, int batch) => inputs.Require("decoder_input_ids");

    private protected override IReadOnlyList<Session> PlanSessions()
    {
        var target = Math.Min(PlanLength, MaxTargetLength);
        var run = NewRun(new EncoderDecoderSize(
            1, Features?.Tokens ?? Math.Min(PlanLength, MaxSourceLength), 1, IsCausal ? 1 : target, target, LastOnly: IsCausal));
        return [run.Decoder, run.Encoder];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _forwards.Dispose();
        _decodings.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A run that serves every length up to the next power of two: what it is made for costs memory, what it is
    /// given costs time.</summary>
    private EncoderDecoderRun NewRun(EncoderDecoderSize size)
    {
        var made = size with
        {
            SourceLength = Features is null ? Math.Min(Buckets.Of(size.SourceLength), MaxSourceLength) : size.SourceLength,
            TargetLength = Math.Min(Buckets.Of(size.TargetLength), MaxTargetLength),
        };
        if (Math.Max((long)made.Sources * made.SourceLength, (long)made.Sequences * made.TargetLength) > MostRows)
        {
            throw new InputException(
                $"{made.Sources} sources of up to {made.SourceLength} tokens and {made.Sequences} sequences of up to {made.TargetLength}: "
                + $"at most {MostRows} tokens go into one batch.");
        }

        return new EncoderDecoderRun(ProgramName, made, Graph, Device);
    }

    private EncoderSource ReadSource(ForwardInputs inputs)
    {
        if (Features is { } features)
        {
            inputs.Allow(features.Name, "decoder_input_ids", "decoder_attention_mask");
            return EncoderSource.Of(inputs.Require(features.Name), features);
        }

        inputs.Allow("input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask");
        var tokens = TokenBatch.Of(
            inputs.Require("input_ids"), inputs.Optional("attention_mask"), SourceVocabularySize, MaskedId);
        return EncoderSource.Of(WithoutHoles(tokens, "attention_mask"), MaxSourceLength);
    }

    private EncoderSource ReadSource(DecodingRequest request)
    {
        if (Features is { } features)
        {
            return EncoderSource.Of(
                request.Features ?? throw new InputException($"{Architecture} reads {features.Name}, and none were given."), features);
        }

        var sources = request.Sources ?? throw new InputException($"{Architecture} reads a source, and none was given.");
        if (sources.Count == 0 || sources.Any(s => s.Length == 0))
        {
            throw new InputException($"sources: {sources.Count} texts, at least one with at least one id each is needed.");
        }

        return EncoderSource.Of(TokenBatch.Of(sources, "source", SourceVocabularySize), MaxSourceLength);
    }

    private TokenBatch ReadTarget(ForwardInputs inputs, int batch)
    {
        var target = TokenBatch.Of(
            TargetOrDefault(inputs, batch), inputs.Optional("decoder_attention_mask"), VocabularySize, IsCausal ? MaskedId : null);
        if (target.Batch != batch || target.Length > MaxTargetLength)
        {
            throw new InputException(
                $"decoder_input_ids: expected [{batch}, up to {MaxTargetLength}], found [{target.Batch}, {target.Length}].");
        }

        return WithoutHoles(target, "decoder_attention_mask");
    }

    private TokenBatch ReadPrompts(DecodingRequest request, int sources)
    {
        if (request.Prompts.Count != sources || request.Prompts.Any(p => p.Length == 0))
        {
            throw new InputException(
                $"decoder prompts: expected one a source, {sources}, of at least one id each, found {request.Prompts.Count}.");
        }

        var prompts = TokenBatch.Of(request.Prompts, "decoder prompt", VocabularySize);
        return prompts.Length <= MaxTargetLength
            ? prompts
            : throw new InputException($"a decoder prompt of {prompts.Length} tokens, the model takes {MaxTargetLength}.");
    }

    /// <summary>Distances between tokens mean nothing where the mask takes some out between them.</summary>
    private TokenBatch WithoutHoles(TokenBatch tokens, string mask)
    {
        for (var s = 0; Graph.HasRelativePositions && s < tokens.Batch; s++)
        {
            var runs = 0;
            for (var i = 0; i < tokens.Length; i++)
            {
                runs += tokens.IsReal(s, i) && (i == 0 || !tokens.IsReal(s, i - 1)) ? 1 : 0;
            }

            if (runs > 1)
            {
                throw new InputException($"{mask}[{s}]: zeros between ones, which a model with relative positions cannot take.");
            }
        }

        return tokens;
    }

    private HostTensor[] DecodeTeacherForced(EncoderDecoderRun run, EncoderSource source, TokenBatch target)
    {
        var rows = new DecoderRows(run);
        for (var s = 0; s < target.Batch; s++)
        {
            // Padding in the target is computed too, as PyTorch does, but nothing sees it.
            rows.Begin(s, target.RealTokens(s));
            var slot = 0;
            for (var i = 0; i < target.Length; i++)
            {
                var position = Graph.HasRelativePositions ? slot : i;
                var own = target.IsReal(s, i) ? slot++ : -1;
                rows.Add(s, s, target.Id(s, i), position, own, IsCausal ? slot : target.Length);
            }
        }

        rows.Run();
        var logits = new float[target.Batch * target.Length * VocabularySize];
        run.Decoder.Read(run.Output, logits);
        return
        [
            new HostTensor("logits", logits, target.Batch, target.Length, VocabularySize),
            new HostTensor(
                "encoder_last_hidden_state", run.ReadMemory(source.Batch, source.Length), source.Batch, source.Length, run.Memory.Width),
        ];
    }
}
