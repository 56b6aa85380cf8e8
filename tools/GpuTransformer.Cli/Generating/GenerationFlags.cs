using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using GpuTransformer.Generation;
using GpuTransformer.Kernels;

namespace GpuTransformer.Cli.Generating;

/// <summary>The flags of generation, named as transformers names them. What is not given comes from the folder's
/// generation_config.json.</summary>
internal sealed class GenerationFlags
{
    private readonly Option<int?> _maxNewTokens = Whole("--max-new-tokens", "The most tokens to make. Default: generation_config.json's max_new_tokens or max_length, else 20 as in transformers.");
    private readonly Option<int?> _maxLength = Whole("--max-length", "The most tokens with the prompt (an encoder-decoder's start token).");
    private readonly Option<int?> _minNewTokens = Whole("--min-new-tokens", "No stop token before so many tokens.");
    private readonly Option<int?> _numBeams = Whole("--num-beams", "Beams of a beam search; 1: none.");
    private readonly Option<int?> _numReturn = Whole("--num-return-sequences", "Answers to each input: the best beams, or as many draws.");
    private readonly Option<double?> _lengthPenalty = Number("--length-penalty", "A beam's score is its log-probability over its number of new tokens to this power.");
    private readonly Option<EarlyStopping?> _earlyStopping = new("--early-stopping")
    {
        Description = "When a beam search ends: false (improvement is unlikely), true (there are enough answers), never (none can be better).",
        HelpName = "false|true|never",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = ParseEarlyStopping,
    };

    private readonly Option<int?> _noRepeatNgram = Whole("--no-repeat-ngram-size", "No sequence of so many tokens comes twice; 0: no such rule.");
    private readonly Option<double?> _repetitionPenalty = Number("--repetition-penalty", "Above 1 makes tokens that are there already less likely.");
    private readonly Option<bool?> _doSample = new("--do-sample") { Description = "Draw tokens instead of taking the best." };
    private readonly Option<double?> _temperature = Number("--temperature", "Below 1 the best tokens become likelier.");
    private readonly Option<int?> _topK = Whole("--top-k", "Draw from the best k alone; 0: from all. Default 50, as in transformers.");
    private readonly Option<double?> _topP = Number("--top-p", "Draw from the fewest tokens whose probabilities reach this sum.");
    private readonly Option<double?> _minP = Number("--min-p", "Draw only tokens at least this fraction as probable as the best.");
    private readonly Option<ulong?> _seed = new("--seed") { Description = "Seed of the random stream: the same draws each time. Default: another one each time.", HelpName = "N" };
    private readonly Option<int?> _pad = Whole("--pad", "The id of padding: taken off both ends of the rows of --ids.");
    private readonly Option<int?> _decoderStart = Whole("--decoder-start", "The id that an encoder-decoder's target begins with.");
    private readonly Option<int?> _forcedBos = Whole("--forced-bos-token-id", "The id that follows a target's start token: the language, in models of many.");
    private readonly Option<string?> _eos = new("--eos") { Description = "Stop tokens, or none. Goes before generation_config.json.", HelpName = "ID[,ID]|none" };
    private readonly Option<string?> _suppress = new("--suppress-tokens") { Description = "Tokens that never come.", HelpName = "ID[,ID]" };
    private readonly Option<string[]> _stop = new("--stop") { Description = "A text that ends an answer, with the token that completes it. May be given several times.", HelpName = "STRING" };
    private readonly Option<bool> _logProbs = new("--logprobs") { Description = "Give the model's log-probability of each new token, before any rule." };

    /// <summary>Adds the flags to a command.</summary>
    public GenerationFlags(Command command)
    {
        foreach (var option in (Option[])[
            _maxNewTokens, _maxLength, _minNewTokens, _numBeams, _numReturn, _lengthPenalty, _earlyStopping, _noRepeatNgram, _repetitionPenalty,
            _doSample, _temperature, _topK, _topP, _minP, _seed, _pad, _decoderStart, _forcedBos, _eos, _suppress, _stop, _logProbs])
        {
            command.Add(option);
        }
    }

    /// <summary>What the command line says.</summary>
    /// <exception cref="ArgumentException">A value makes no sense.</exception>
    public GenerationOptions Read(ParseResult parsed)
    {
        var stop = parsed.GetValue(_stop);
        var options = new GenerationOptions
        {
            MaxNewTokens = parsed.GetValue(_maxNewTokens),
            MaxLength = parsed.GetValue(_maxLength),
            MinNewTokens = parsed.GetValue(_minNewTokens),
            NumBeams = parsed.GetValue(_numBeams),
            NumReturnSequences = parsed.GetValue(_numReturn),
            LengthPenalty = parsed.GetValue(_lengthPenalty),
            EarlyStopping = parsed.GetValue(_earlyStopping),
            NoRepeatNgramSize = parsed.GetValue(_noRepeatNgram),
            RepetitionPenalty = parsed.GetValue(_repetitionPenalty),
            DoSample = parsed.GetValue(_doSample),
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            MinP = parsed.GetValue(_minP),
            Seed = parsed.GetValue(_seed),
            PadTokenId = parsed.GetValue(_pad),
            DecoderStartTokenId = parsed.GetValue(_decoderStart),
            ForcedBosTokenId = parsed.GetValue(_forcedBos),
            EosTokenIds = parsed.GetValue(_eos) is { } eos ? eos == "none" ? [] : Ids("--eos", eos) : null,
            SuppressTokens = parsed.GetValue(_suppress) is { } never ? Ids("--suppress-tokens", never) : null,
            StopStrings = stop is { Length: > 0 } ? stop : null,
            OutputLogProbs = parsed.GetValue(_logProbs) ? true : null,
        };
        try
        {
            options.Validate();
        }
        catch (InputException error)
        {
            throw new ArgumentException(
                $"--{error.Message.Replace("stop_strings", "stop", StringComparison.Ordinal).Replace('_', '-')}", error);
        }

        return options;
    }

    private static Option<int?> Whole(string name, string description) => new(name) { Description = description, HelpName = "N" };

    private static Option<double?> Number(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                return value;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}': expected a number");
            return null;
        },
    };

    private static EarlyStopping? ParseEarlyStopping(ArgumentResult result)
    {
        switch (result.Tokens.Count == 0 ? "true" : result.Tokens[0].Value.ToLowerInvariant())
        {
            case "true": return EarlyStopping.True;
            case "false": return EarlyStopping.False;
            case "never": return EarlyStopping.Never;
            default:
                result.AddError($"--early-stopping '{result.Tokens[0].Value}': expected false, true or never");
                return null;
        }
    }

    private static int[] Ids(string name, string text) => [.. text.Split(',').Select(part =>
        int.TryParse(part, NumberStyles.Integer, CultureInfo.InvariantCulture, out var id) && id >= 0
            ? id
            : throw new ArgumentException($"{name} '{text}': expected ids with commas between"))];
}
