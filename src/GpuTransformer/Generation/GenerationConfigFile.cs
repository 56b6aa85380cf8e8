using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Generation;

/// <summary>generation_config.json, or the same keys of config.json where that file is not there: what transformers
/// loads. A file that was not written by transformers may leave the ids of special tokens to config.json. Keys that would change a result and are not honoured are kept by name, so that a call that they touch can be
/// refused; keys that change none (caches, outputs, assistants that only save time) are left alone.</summary>
internal static class GenerationConfigFile
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>What stands for a place of "forced_decoder_ids" that the file leaves to be found out (a language).</summary>
    public const int OpenPlace = -1;

    private const long LargestFile = 16L << 20;

    /// <summary>Reads the defaults of a model folder.</summary>
    /// <exception cref="InputException">A value is not of its key's kind.</exception>
    public static GenerationOptions Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return Read(ModelConfig.Load(folder));
        }

        var file = JsonObject.Load(path, LargestFile);
        var options = Read(file);
        var hasStart = options.DecoderStartTokenId is not null || options.BosTokenId is not null;
        if (hasStart && file.Has("transformers_version"))
        {
            return options;
        }

        // Without a start token no target can begin. And a file that transformers wrote says which tokens stop, be it none;
        // one that was written by hand leaves out what config.json says.
        var config = ModelConfig.Load(folder);
        var started = hasStart ? options : options with
        {
            DecoderStartTokenId = Id(config, "decoder_start_token_id"),
            BosTokenId = Id(config, "bos_token_id"),
        };
        return file.Has("transformers_version") ? started : started with
        {
            EosTokenIds = file.Kind("eos_token_id") == JsonTokenType.None ? Ids(config, "eos_token_id") : options.EosTokenIds,
            PadTokenId = options.PadTokenId ?? Id(config, "pad_token_id"),
        };
    }

    internal static GenerationOptions Read(JsonObject file) => new()
    {
        MaxNewTokens = Whole(file, "max_new_tokens", 0),
        MaxLength = Whole(file, "max_length", 0),
        MinNewTokens = Whole(file, "min_new_tokens", 0),
        MinLength = Whole(file, "min_length", 0),
        DoSample = Flag(file, "do_sample"),
        Temperature = Number(file, "temperature"),
        TopK = Whole(file, "top_k", int.MinValue),
        TopP = Number(file, "top_p"),
        MinP = Number(file, "min_p"),
        RepetitionPenalty = Number(file, "repetition_penalty"),
        EncoderRepetitionPenalty = Number(file, "encoder_repetition_penalty"),
        NoRepeatNgramSize = Whole(file, "no_repeat_ngram_size", 0),
        EncoderNoRepeatNgramSize = Whole(file, "encoder_no_repeat_ngram_size", 0),
        BadWordsIds = Words(file),
        SuppressTokens = Ids(file, "suppress_tokens"),
        BeginSuppressTokens = Ids(file, "begin_suppress_tokens"),
        ForcedBosTokenId = Id(file, "forced_bos_token_id"),
        ForcedEosTokenIds = Ids(file, "forced_eos_token_id"),
        ForcedDecoderIds = Places(file),
        ExponentialDecayLengthPenalty = Decay(file),
        RenormalizeLogits = Flag(file, "renormalize_logits"),
        RemoveInvalidValues = Flag(file, "remove_invalid_values"),
        EosTokenIds = Ids(file, "eos_token_id"),
        PadTokenId = Id(file, "pad_token_id"),
        DecoderStartTokenId = Id(file, "decoder_start_token_id"),
        BosTokenId = Id(file, "bos_token_id"),
        StopStrings = Stops(file),
        NumBeams = Whole(file, "num_beams", 0),
        NumReturnSequences = Whole(file, "num_return_sequences", 0),
        LengthPenalty = Number(file, "length_penalty"),
        EarlyStopping = Stopping(file),
        NotHonoured = [.. NotHonoured(file)],
        NotHonouredInSampling = [.. NotHonouredInSampling(file)],
    };

    private static IEnumerable<string> NotHonoured(JsonObject file)
    {
        foreach (var key in (string[])["constraints", "force_words_ids", "dola_layers", "sequence_bias", "watermarking_config", "max_time"])
        {
            if (file.Has(key))
            {
                yield return $"{file.Name}: {key}";
            }
        }

        if (file.FlagOr("token_healing", false))
        {
            yield return $"{file.Name}: token_healing = true";
        }

        if (file.Has("cache_implementation") && file.Text("cache_implementation") == "quantized")
        {
            yield return $"{file.Name}: cache_implementation = quantized";
        }

        foreach (var (key, neutral) in ((string, double)[])
            [("num_beam_groups", 1), ("diversity_penalty", 0), ("guidance_scale", 1), ("penalty_alpha", 0)])
        {
            if (file.NumberOr(key, neutral) is var value && value != neutral)
            {
                yield return $"{file.Name}: {key} = {value}";
            }
        }
    }

    private static IEnumerable<string> NotHonouredInSampling(JsonObject file)
    {
        foreach (var (key, neutral) in ((string, double)[])[("typical_p", 1), ("epsilon_cutoff", 0), ("eta_cutoff", 0), ("top_h", double.NaN)])
        {
            if (file.Has(key) && file.Number(key) is var value && value != neutral)
            {
                yield return $"{file.Name}: {key} = {value}";
            }
        }
    }

    private static int? Whole(JsonObject file, string key, int least) => file.Has(key) ? file.Whole(key, least) : null;

    private static double? Number(JsonObject file, string key) => file.Has(key) ? file.Number(key) : null;

    private static bool? Flag(JsonObject file, string key) => file.Has(key) ? file.Flag(key) : null;

    /// <summary>An id; transformers writes -1 for none in old files.</summary>
    private static int? Id(JsonObject file, string key) => file.Has(key) && file.Whole(key, -1) is var id and >= 0 ? id : null;

    private static int[]? Ids(JsonObject file, string key) =>
        file.Has(key) ? [.. file.Wholes(key, -1).Where(id => id >= 0)] : null;

    private static string[]? Stops(JsonObject file) => file.Kind("stop_strings") switch
    {
        JsonTokenType.String => [file.Text("stop_strings")],
        JsonTokenType.StartArray => file.Texts("stop_strings"),
        JsonTokenType.None or JsonTokenType.Null => null,
        var kind => throw file.Error("stop_strings", "a string or an array of them", $"{kind}"),
    };

    private static EarlyStopping? Stopping(JsonObject file)
    {
        switch (file.Kind("early_stopping"))
        {
            case JsonTokenType.None or JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                file.OneOf("early_stopping", "never");
                return EarlyStopping.Never;
            default:
                return file.Flag("early_stopping") ? EarlyStopping.True : EarlyStopping.False;
        }
    }

    private static List<int[]>? Words(JsonObject file) =>
        file.Has("bad_words_ids") ? Rows(file, "bad_words_ids") : null;

    private static (int, double)? Decay(JsonObject file)
    {
        const string key = "exponential_decay_length_penalty";
        if (!file.Has(key))
        {
            return null;
        }

        var values = file.Numbers(key);
        return values is [var start, var factor] && start >= 0 && start <= int.MaxValue && start == Math.Floor(start)
            ? ((int)start, factor)
            : throw file.Error(key, "a start and a factor", $"{values.Length} numbers");
    }

    private static List<(int, int)>? Places(JsonObject file)
    {
        const string key = "forced_decoder_ids";
        if (!file.Has(key))
        {
            return null;
        }

        var places = new List<(int, int)>();
        foreach (var row in Rows(file, key, OpenPlace))
        {
            if (row.Length != 2 || row[0] != places.Count + 1)
            {
                throw file.Error(key, $"place {places.Count + 1} with an id", $"[{string.Join(", ", row)}]");
            }

            places.Add((row[0], row[1]));
        }

        return places;
    }

    private static List<int[]> Rows(JsonObject file, string key, int? forNull = null)
    {
        var rows = new List<int[]>();
        var row = new List<int>();
        var reader = file.Array(key);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw file.Error($"{key}[{rows.Count}]", "an array", $"{reader.TokenType}");
            }

            row.Clear();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                row.Add(forNull is { } open && reader.TokenType == JsonTokenType.Null ? open : (int)file.WholeAt($"{key}[{rows.Count}]", reader, 0, int.MaxValue));
            }

            rows.Add([.. row]);
        }

        return rows;
    }
}
