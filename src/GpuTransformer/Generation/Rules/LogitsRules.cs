using GpuTransformer.Kernels;

namespace GpuTransformer.Generation;

/// <summary>The rules that options ask for, in transformers' order (_get_logits_processor of generation/utils.py): first
/// those that change single tokens, then those that cut the distribution tokens are drawn from.</summary>
internal static class LogitsRules
{
    /// <summary>Makes the rules of a call.</summary>
    /// <exception cref="InputException">An id that an option names is not in the vocabulary.</exception>
    public static IReadOnlyList<ILogitsRule> Of(GenerationSettings settings, int vocabSize)
    {
        var rules = new List<ILogitsRule>();
        AddRepetition(rules, settings.Options, vocabSize);
        AddLength(rules, settings, vocabSize);
        AddSuppression(rules, settings.Options, vocabSize);
        if (settings.DoSample)
        {
            AddWarpers(rules, settings);
        }

        if (settings.Options.RenormalizeLogits == true)
        {
            rules.Add(new Renormalization());
        }

        return rules;
    }

    private static void AddRepetition(List<ILogitsRule> rules, GenerationOptions options, int vocabSize)
    {
        if (options.EncoderRepetitionPenalty is { } source and not 1)
        {
            rules.Add(new RepetitionPenalty(1 / source, ofSource: true, vocabSize));
        }

        if (options.RepetitionPenalty is { } penalty and not 1)
        {
            rules.Add(new RepetitionPenalty(penalty, ofSource: false, vocabSize));
        }

        if (options.NoRepeatNgramSize is { } size and > 0)
        {
            rules.Add(new NgramBan(size, ofSource: false));
        }

        if (options.EncoderNoRepeatNgramSize is { } sourceSize and > 0)
        {
            rules.Add(new NgramBan(sourceSize, ofSource: true));
        }

        if (options.BadWordsIds is { Count: > 0 } words)
        {
            Check("bad_words_ids", words.SelectMany(word => word), vocabSize);
            rules.Add(new BadWords(words, options.EosTokenIds ?? []));
        }
    }

    private static void AddLength(List<ILogitsRule> rules, GenerationSettings settings, int vocabSize)
    {
        var options = settings.Options;

        // A stop token that the vocabulary does not have never comes: configs keep the one of the family's first model.
        int[] stops = [.. settings.Eos.Where(id => id >= 0 && id < vocabSize)];
        if (stops.Length > 0 && (options.MinLength > 0 || options.MinNewTokens > 0))
        {
            rules.Add(new MinimumLength(settings, stops));
        }

        if (options.ForcedBosTokenId is { } bos)
        {
            Check("forced_bos_token_id", [bos], vocabSize);
            rules.Add(new ForcedFirst(bos));
        }

        if (options.ForcedEosTokenIds is { Count: > 0 } eos)
        {
            Check("forced_eos_token_id", eos, vocabSize);
            rules.Add(new ForcedLast([.. eos]));
        }

        if (options.RemoveInvalidValues == true)
        {
            rules.Add(new FiniteScores());
        }

        if (options.ExponentialDecayLengthPenalty is { } decay && stops.Length > 0)
        {
            rules.Add(new LengthDecay(decay.Start, decay.Factor, stops));
        }
    }

    private static void AddSuppression(List<ILogitsRule> rules, GenerationOptions options, int vocabSize)
    {
        if (options.SuppressTokens is { Count: > 0 } never)
        {
            rules.Add(new SuppressedTokens(never, onlyFirst: false, afterForcedFirst: false, vocabSize));
        }

        if (options.BeginSuppressTokens is { Count: > 0 } first)
        {
            rules.Add(new SuppressedTokens(first, onlyFirst: true, options.ForcedBosTokenId is not null, vocabSize));
        }
    }

    private static void AddWarpers(List<ILogitsRule> rules, GenerationSettings settings)
    {
        if (settings.Temperature != 1)
        {
            rules.Add(new Temperature(settings.Temperature));
        }

        if (settings.TopK != 0)
        {
            rules.Add(new TopKCut(settings.TopK, settings.LeastKept));
        }

        if (settings.TopP < 1)
        {
            rules.Add(new TopPCut(settings.TopP, settings.LeastKept));
        }

        if (settings.Options.MinP is { } fraction)
        {
            rules.Add(new MinPCut(fraction, settings.LeastKept));
        }
    }

    private static void Check(string option, IEnumerable<int> ids, int vocabSize)
    {
        foreach (var id in ids)
        {
            if (id < 0 || id >= vocabSize)
            {
                throw GenerationOptions.Wrong(option, $"ids below the vocabulary's {vocabSize}", $"{id}");
            }
        }
    }
}
