using GpuTransformer.Kernels;

namespace GpuTransformer.Generation;

/// <summary>When a beam search ends before its length does.</summary>
public enum EarlyStopping
{
    /// <summary>When it is unlikely that a running beam beats the finished ones.</summary>
    False,

    /// <summary>As soon as as many beams have finished as there are beams.</summary>
    True,

    /// <summary>When no running beam can beat the finished ones.</summary>
    Never,
}

/// <summary>How to generate, under transformers' names. What is null comes from generation_config.json of the model's
/// folder, or from config.json where that file is not there, and else has transformers' own default.</summary>
public sealed record GenerationOptions
{
    /// <summary>The most beams or answers of an input: a file may not ask for all memory.</summary>
    internal const int MostSequences = 1 << 12;

    /// <summary>The most tokens to make. Goes before <see cref="MaxLength"/>.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>The most tokens of a sequence, prompt (or start token) included. With neither: 20 new tokens.</summary>
    public int? MaxLength { get; init; }

    /// <summary>No stop token before this many tokens are made. Goes before <see cref="MinLength"/>.</summary>
    public int? MinNewTokens { get; init; }

    /// <summary>No stop token before a sequence has this many tokens, prompt (or start token) included.</summary>
    public int? MinLength { get; init; }

    /// <summary>Draw tokens instead of taking the best; default false.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Divides the logits before a token is drawn; default 1.</summary>
    public double? Temperature { get; init; }

    /// <summary>Draw from the best k alone; 0: from all. Default 50, as in transformers.</summary>
    public int? TopK { get; init; }

    /// <summary>Draw from the fewest tokens whose probabilities reach this sum; default 1.</summary>
    public double? TopP { get; init; }

    /// <summary>Draw only tokens at least this fraction as probable as the best.</summary>
    public double? MinP { get; init; }

    /// <summary>Seed of the random stream; null: another one each time.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Above 1 makes tokens that are there already (prompt included) less likely; default 1.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Above 1 makes tokens of the source (a decoder's prompt) more likely; default 1.</summary>
    public double? EncoderRepetitionPenalty { get; init; }

    /// <summary>No sequence of this many tokens comes twice; 0: no such rule.</summary>
    public int? NoRepeatNgramSize { get; init; }

    /// <summary>No sequence of this many tokens of the source (a decoder's prompt) comes; 0: no such rule.</summary>
    public int? EncoderNoRepeatNgramSize { get; init; }

    /// <summary>Sequences of tokens that never come.</summary>
    public IReadOnlyList<int[]>? BadWordsIds { get; init; }

    /// <summary>Tokens that never come.</summary>
    public IReadOnlyList<int>? SuppressTokens { get; init; }

    /// <summary>Tokens that do not come first.</summary>
    public IReadOnlyList<int>? BeginSuppressTokens { get; init; }

    /// <summary>The token that follows a sequence of one token (an encoder-decoder's start token).</summary>
    public int? ForcedBosTokenId { get; init; }

    /// <summary>The tokens of which one ends a sequence that reaches its longest length.</summary>
    public IReadOnlyList<int>? ForcedEosTokenIds { get; init; }

    /// <summary>Tokens of a target by place, from place 1 on: what an encoder-decoder is told before it writes.</summary>
    public IReadOnlyList<(int Place, int Id)>? ForcedDecoderIds { get; init; }

    /// <summary>From this many new tokens on, stop tokens become exponentially more likely by this factor.</summary>
    public (int Start, double Factor)? ExponentialDecayLengthPenalty { get; init; }

    /// <summary>Normalizes what the rules have left; default false.</summary>
    public bool? RenormalizeLogits { get; init; }

    /// <summary>Takes a NaN for 0 and infinities for the largest numbers instead of refusing NaN; default false.</summary>
    public bool? RemoveInvalidValues { get; init; }

    /// <summary>Tokens that end a sequence; empty: none do.</summary>
    public IReadOnlyList<int>? EosTokenIds { get; init; }

    /// <summary>The id of padding.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>What an encoder-decoder's target begins with.</summary>
    public int? DecoderStartTokenId { get; init; }

    /// <summary>What a text begins with; a target too, where there is no <see cref="DecoderStartTokenId"/>.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Texts that end a sequence, with the token that completes one.</summary>
    public IReadOnlyList<string>? StopStrings { get; init; }

    /// <summary>Beams of a beam search; 1: none. Default 1.</summary>
    public int? NumBeams { get; init; }

    /// <summary>Answers to each prompt: the best beams, or as many draws. Default 1.</summary>
    public int? NumReturnSequences { get; init; }

    /// <summary>A beam's score is its log-probability divided by its number of new tokens to this power; default 1.</summary>
    public double? LengthPenalty { get; init; }

    /// <summary>When a beam search ends; default <see cref="Generation.EarlyStopping.False"/>.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Gives the model's log-probability of each token, before any rule; default false.</summary>
    public bool? OutputLogProbs { get; init; }

    /// <summary>Settings of a file that would change the result and that are not honoured, as "key = value".</summary>
    internal IReadOnlyList<string> NotHonoured { get; init; } = [];

    /// <summary>The same, where they act on drawn tokens alone.</summary>
    internal IReadOnlyList<string> NotHonouredInSampling { get; init; } = [];

    /// <summary>Whether the caller says how long an answer may be, and not a file or a default.</summary>
    internal bool AsksForLength { get; init; }

    /// <summary>These options, and where they say nothing, those of <paramref name="defaults"/>.</summary>
    internal GenerationOptions Over(GenerationOptions defaults) => new()
    {
        // A length that is asked for goes before every length of a file, whichever way each is counted.
        MaxNewTokens = MaxNewTokens ?? (MaxLength is null ? defaults.MaxNewTokens : null),
        MaxLength = MaxLength ?? defaults.MaxLength,
        MinNewTokens = MinNewTokens ?? (MinLength is null ? defaults.MinNewTokens : null),
        MinLength = MinLength ?? defaults.MinLength,
        DoSample = DoSample ?? defaults.DoSample,
        Temperature = Temperature ?? defaults.Temperature,
        TopK = TopK ?? defaults.TopK,
        TopP = TopP ?? defaults.TopP,
        MinP = MinP ?? defaults.MinP,
        Seed = Seed ?? defaults.Seed,
        RepetitionPenalty = RepetitionPenalty ?? defaults.RepetitionPenalty,
        EncoderRepetitionPenalty = EncoderRepetitionPenalty ?? defaults.EncoderRepetitionPenalty,
        NoRepeatNgramSize = NoRepeatNgramSize ?? defaults.NoRepeatNgramSize,
        EncoderNoRepeatNgramSize = EncoderNoRepeatNgramSize ?? defaults.EncoderNoRepeatNgramSize,
        BadWordsIds = BadWordsIds ?? defaults.BadWordsIds,
        SuppressTokens = SuppressTokens ?? defaults.SuppressTokens,
        BeginSuppressTokens = BeginSuppressTokens ?? defaults.BeginSuppressTokens,
        ForcedBosTokenId = ForcedBosTokenId ?? defaults.ForcedBosTokenId,
        ForcedEosTokenIds = ForcedEosTokenIds ?? defaults.ForcedEosTokenIds,
        ForcedDecoderIds = ForcedDecoderIds ?? defaults.ForcedDecoderIds,
        ExponentialDecayLengthPenalty = ExponentialDecayLengthPenalty ?? defaults.ExponentialDecayLengthPenalty,
        RenormalizeLogits = RenormalizeLogits ?? defaults.RenormalizeLogits,
        RemoveInvalidValues = RemoveInvalidValues ?? defaults.RemoveInvalidValues,
        EosTokenIds = EosTokenIds ?? defaults.EosTokenIds,
        PadTokenId = PadTokenId ?? defaults.PadTokenId,
        DecoderStartTokenId = DecoderStartTokenId ?? defaults.DecoderStartTokenId,
        BosTokenId = BosTokenId ?? defaults.BosTokenId,
        StopStrings = StopStrings ?? defaults.StopStrings,
        NumBeams = NumBeams ?? defaults.NumBeams,
        NumReturnSequences = NumReturnSequences ?? defaults.NumReturnSequences,
        LengthPenalty = LengthPenalty ?? defaults.LengthPenalty,
        EarlyStopping = EarlyStopping ?? defaults.EarlyStopping,
        OutputLogProbs = OutputLogProbs ?? defaults.OutputLogProbs,
        AsksForLength = MaxNewTokens is not null || MaxLength is not null,
        NotHonoured = [.. NotHonoured, .. defaults.NotHonoured],
        NotHonouredInSampling = [.. NotHonouredInSampling, .. defaults.NotHonouredInSampling],
    };

    /// <summary>Refuses values that mean nothing.</summary>
    /// <exception cref="InputException">The message names the option as transformers does.</exception>
    public void Validate() => Validate(draws: true);

    /// <summary>The same; what concerns drawn tokens alone is looked at where they are <paramref name="draws">drawn</paramref>:
    /// files of models that do not draw hold temperatures of 0.</summary>
    internal void Validate(bool draws)
    {
        AtLeast("max_new_tokens", MaxNewTokens, 1);
        AtLeast("max_length", MaxLength, 1);
        AtLeast("min_new_tokens", MinNewTokens, 0);
        AtLeast("min_length", MinLength, 0);
        AtLeast("no_repeat_ngram_size", NoRepeatNgramSize, 0);
        AtLeast("encoder_no_repeat_ngram_size", EncoderNoRepeatNgramSize, 0);
        Within("num_beams", NumBeams, MostSequences);
        Within("num_return_sequences", NumReturnSequences, MostSequences);
        Positive("repetition_penalty", RepetitionPenalty);
        Positive("encoder_repetition_penalty", EncoderRepetitionPenalty);
        if (draws)
        {
            Positive("temperature", Temperature);
            AtLeast("top_k", TopK, 0);
            Fraction("top_p", TopP);
            Fraction("min_p", MinP);
        }

        if (LengthPenalty is { } penalty && !double.IsFinite(penalty))
        {
            throw Wrong("length_penalty", "a finite number", $"{penalty}");
        }

        if (StopStrings?.Contains("") == true)
        {
            throw Wrong("stop_strings", "texts that are not empty", "an empty one");
        }

        if (BadWordsIds?.Any(word => word.Length == 0) == true)
        {
            throw Wrong("bad_words_ids", "lists that are not empty", "an empty one");
        }
    }

    private static void AtLeast(string name, int? value, int least)
    {
        if (value < least)
        {
            throw Wrong(name, $"at least {least}", $"{value}");
        }
    }

    private static void Within(string name, int? value, int most)
    {
        if (value < 1 || value > most)
        {
            throw Wrong(name, $"1 to {most}", $"{value}");
        }
    }

    private static void Positive(string name, double? value)
    {
        if (value is { } number && !((float)number > 0 && float.IsFinite((float)number)))
        {
            throw Wrong(name, "a number above 0", $"{number}");
        }
    }

    private static void Fraction(string name, double? value)
    {
        if (value is { } number && !(number is >= 0 and <= 1))
        {
            throw Wrong(name, "a number from 0 to 1", $"{number}");
        }
    }

    internal static InputException Wrong(string name, string expected, string found) =>
        new($"{name}: expected {expected}, found {found}");
}
