using GpuTransformer.Kernels;

namespace GpuTransformer.Generation;

/// <summary>One call of generation: options, inputs and limits, checked before anything runs.</summary>
internal sealed class GenerationCall
{
    /// <summary>The most tokens of a sequence where only memory limits the model.</summary>
    private const int MostTokens = 1 << 20;

    private readonly GenerationTarget _target;
    private readonly GenerationInputs _inputs;
    private readonly StopStrings? _stopStrings;

    /// <exception cref="InputException">An option makes no sense, or a prompt leaves no room for an answer.</exception>
    public GenerationCall(GenerationTarget target, GenerationInputs inputs, GenerationOptions options)
    {
        _target = target with { MaxLength = Math.Min(target.MaxLength, MostTokens) };
        Settings = new GenerationSettings(options);
        _inputs = inputs with { Prompts = [.. inputs.Prompts.Select(StartOf)] };
        if (_inputs.Prompts.Count == 0)
        {
            throw new InputException("inputs: expected at least one, found none");
        }

        MaxLengths = [.. Prompts.Select(MaxLengthOf)];
        Rules = LogitsRules.Of(Settings, target.VocabSize);
        _stopStrings = options.StopStrings is { Count: > 0 } texts ? new StopStrings(texts, target.Tokenizer()) : null;
    }

    public GenerationSettings Settings { get; }

    /// <summary>What each decoder sequence begins with, an encoder-decoder's start token included.</summary>
    public IReadOnlyList<int[]> Prompts => _inputs.Prompts;

    /// <summary>The most tokens of each input's sequence.</summary>
    public IReadOnlyList<int> MaxLengths { get; }

    public IReadOnlyList<ILogitsRule> Rules { get; }

    public int VocabSize => _target.VocabSize;

    /// <summary>The source ids of an input, or its prompt where there is no encoder.</summary>
    public int[] Source(int input) => !_target.IsEncoderDecoder ? Prompts[input] : _inputs.Sources?[input] ?? [];

    /// <summary>The random stream of an answer.</summary>
    public uint Stream(int input, int answer) =>
        (uint)((_inputs.Numbers?[input] ?? input) * Settings.NumReturnSequences + answer);

    /// <summary>Begins the decoding, with room for so many sequences of each input.</summary>
    public IDecoding Start(int sequencesOfInput) => _target.Start(new DecodingRequest(
        Prompts, Prompts.Count * sequencesOfInput, MaxLengths.Max())
    {
        Sources = _inputs.Sources,
        Features = _inputs.Features,
    });

    /// <summary>Why a sequence ends here; null: it goes on.</summary>
    public FinishReason? Ends(ReadOnlySpan<int> ids, int maxLength) =>
        Settings.Eos.AsSpan().Contains(ids[^1]) ? FinishReason.StopToken
        : _stopStrings?.EndWith(ids) == true ? FinishReason.StopString
        : ids.Length >= maxLength ? FinishReason.Length
        : null;

    /// <summary>Applies the rules to the scores of what follows a sequence.</summary>
    public void Apply(in SequenceSoFar sequence, Span<float> scores)
    {
        foreach (var rule in Rules)
        {
            rule.Apply(sequence, scores);
        }
    }

    /// <summary>A sequence as its caller gets it.</summary>
    public GenerationResult Result(int input, ReadOnlySpan<int> ids, FinishReason reason, float? score, ReadOnlySpan<float> logProbs)
    {
        var prompt = Prompts[input].Length;
        return new GenerationResult(
            input,
            (_target.IsEncoderDecoder ? ids : ids[prompt..]).ToArray(),
            ids.Length - prompt,
            reason,
            score,
            Settings.KeepsLogProbs ? logProbs.ToArray() : null);
    }

    // An empty prompt begins as a text does, a target as the model's targets do.
    private int[] StartOf(int[] prompt)
    {
        var options = Settings.Options;
        if (prompt.Length > 0 || !_target.IsEncoderDecoder)
        {
            return prompt.Length > 0 ? prompt
                : options.BosTokenId is { } bos ? [bos]
                : throw new InputException("prompt: expected at least one token, found none");
        }

        var start = options.DecoderStartTokenId ?? options.BosTokenId
            ?? throw new InputException("decoder_start_token_id: expected the id that a target begins with, found none");
        var forced = options.ForcedDecoderIds ?? [];
        if (forced.Any(place => place.Id == GenerationConfigFile.OpenPlace))
        {
            throw GenerationOptions.Wrong("forced_decoder_ids", "an id for each place", "a place that is open");
        }

        return [start, .. forced.Select(place => place.Id)];
    }

    private int MaxLengthOf(int[] prompt)
    {
        var wanted = Settings.MaxLength(prompt.Length);
        if (wanted > _target.MaxLength && Settings.Options.AsksForLength)
        {
            throw new InputException(
                $"a prompt of {prompt.Length} tokens and an answer up to {wanted} tokens in all: the model has {_target.MaxLength}");
        }

        var length = Math.Min(wanted, _target.MaxLength);
        return prompt.Length < length ? length : throw new InputException(
            $"a prompt of {prompt.Length} tokens leaves no room for an answer: the most is {length}"
            + (length < _target.MaxLength ? " (max_length)" : " (the model)"));
    }
}
