using GpuTransformer.Kernels;

namespace GpuTransformer.Generation;

/// <summary>Options with every default in its place: what one call of generation goes by.</summary>
internal sealed class GenerationSettings
{
    /// <summary>transformers' own default where nothing says how long an answer may be.</summary>
    public const int DefaultNewTokens = 20;

    private const int DefaultTopK = 50;

    /// <summary>Fills up the options.</summary>
    /// <exception cref="InputException">An option makes no sense, or a file asks for what is not honoured.</exception>
    public GenerationSettings(GenerationOptions options)
    {
        Options = options;
        DoSample = options.DoSample ?? false;
        options.Validate(DoSample);
        Temperature = options.Temperature ?? 1;
        TopK = options.TopK ?? DefaultTopK;
        TopP = options.TopP ?? 1;
        Seed = options.Seed ?? (ulong)Random.Shared.NextInt64();
        Eos = [.. options.EosTokenIds ?? []];
        NumBeams = options.NumBeams ?? 1;
        NumReturnSequences = options.NumReturnSequences ?? 1;
        LengthPenalty = options.LengthPenalty ?? 1;
        EarlyStopping = options.EarlyStopping ?? EarlyStopping.False;
        KeepsLogProbs = options.OutputLogProbs ?? false;
        CheckHonoured(options);
        CheckReturned();
    }

    public GenerationOptions Options { get; }

    public bool DoSample { get; }

    public double Temperature { get; }

    public int TopK { get; }

    public double TopP { get; }

    public ulong Seed { get; }

    public int[] Eos { get; }

    public int NumBeams { get; }

    public int NumReturnSequences { get; }

    public double LengthPenalty { get; }

    public EarlyStopping EarlyStopping { get; }

    public bool KeepsLogProbs { get; }

    /// <summary>Whether the length comes from nowhere but the default.</summary>
    public bool HasDefaultLength => Options.MaxNewTokens is null && Options.MaxLength is null;

    /// <summary>Tokens that a warper leaves at least: with beams one that is not a stop token.</summary>
    public int LeastKept => NumBeams == 1 ? 1 : Eos.Length + 1 < 2 ? 2 : Eos.Length + 1;

    /// <summary>The most tokens of a sequence with such a prompt, prompt included.</summary>
    public int MaxLength(int promptLength) => Options.MaxNewTokens is { } made
        ? Sum(promptLength, made)
        : Options.MaxLength ?? Sum(promptLength, DefaultNewTokens);

    /// <summary>The most tokens of a prompt that leave room for an answer in a model of so many.</summary>
    public int LongestPrompt(int modelLength) => Options.MaxNewTokens is { } made
        ? modelLength - (Options.AsksForLength ? made : Math.Min(made, DefaultNewTokens))
        : Math.Min(Options.MaxLength ?? modelLength, modelLength) - 1;

    /// <summary>The length below which a sequence with such a prompt does not stop.</summary>
    public int MinLength(int promptLength) => Options.MinNewTokens is { } made ? Sum(promptLength, made) : Options.MinLength ?? 0;

    // Files may ask for any number.
    private static int Sum(int promptLength, int made) => (int)Math.Min(int.MaxValue, (long)promptLength + made);

    private void CheckHonoured(GenerationOptions options)
    {
        var refused = DoSample ? options.NotHonoured.Concat(options.NotHonouredInSampling) : options.NotHonoured;
        if (refused.FirstOrDefault() is { } first)
        {
            throw new InputException($"{first}: not honoured, and it would change what is generated");
        }
    }

    private void CheckReturned()
    {
        if (NumBeams > 1 ? NumReturnSequences > NumBeams : !DoSample && NumReturnSequences > 1)
        {
            throw GenerationOptions.Wrong(
                "num_return_sequences",
                NumBeams > 1 ? $"at most num_beams {NumBeams}" : "1, or do_sample, or num_beams that are as many",
                $"{NumReturnSequences}");
        }
    }
}
