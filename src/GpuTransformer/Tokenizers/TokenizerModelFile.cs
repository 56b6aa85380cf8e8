using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Models;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>Reads the "model" part of tokenizer.json.</summary>
internal static class TokenizerModelFile
{
    private const int LongestWord = 10_000;
    private const int LongestAffix = 64;

    /// <summary>The model; files of older versions leave its type to be told from its keys.</summary>
    public static ITokenModel Read(JsonObject part)
    {
        string type = part.TextOr("type", part.Has("merges") ? "BPE"
            : part.Has("max_input_chars_per_word") ? "WordPiece"
            : part.Kind("vocab") == JsonTokenType.StartArray ? "Unigram" : "WordLevel");
        return type switch
        {
            "WordPiece" => WordPiece(part),
            "BPE" => Bpe(part),
            "WordLevel" => WordLevel(part),
            "Unigram" => UnigramFile.Read(part),
            _ => throw TokenizerPart.NotSupported(part, "WordPiece, BPE, WordLevel, Unigram"),
        };
    }

    private static WordPieceModel WordPiece(JsonObject part)
    {
        TokenizerPart.OnlyKeys(
            part, "type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab");
        return new WordPieceModel(
            VocabularyOf(part),
            part.Text("unk_token"),
            part.Text("continuing_subword_prefix"),
            part.Whole("max_input_chars_per_word", 0, LongestWord),
            part.Name);
    }

    private static WordLevelModel WordLevel(JsonObject part)
    {
        TokenizerPart.OnlyKeys(part, "type", "unk_token", "vocab");
        return new WordLevelModel(VocabularyOf(part), part.Text("unk_token"), part.Name);
    }

    private static BpeModel Bpe(JsonObject part)
    {
        TokenizerPart.OnlyKeys(part, "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
            "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges");
        if (part.NumberOr("dropout", 0) != 0)
        {
            throw part.Error("dropout", "null: encoding is not random", part.Number("dropout").ToString());
        }
        string Affix(string key)
        {
            string affix = part.TextOr(key, "");
            return affix.Length <= LongestAffix ? affix : throw part.Error(key, $"at most {LongestAffix} letters", $"{affix.Length}");
        }
        var options = new BpeOptions
        {
            Prefix = Affix("continuing_subword_prefix"),
            Suffix = Affix("end_of_word_suffix"),
            UnknownToken = part.Has("unk_token") ? part.Text("unk_token") : null,
            FusesUnknown = part.FlagOr("fuse_unk", false),
            FallsBackToBytes = part.FlagOr("byte_fallback", false),
            IgnoresMerges = part.FlagOr("ignore_merges", false),
        };
        return new BpeModel(VocabularyOf(part), Merges(part), options, part.Name);
    }

    private static Vocabulary VocabularyOf(JsonObject part)
    {
        Utf8JsonReader reader = part.Value("vocab");
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw part.Error("vocab", "an object", reader.TokenType.ToString());
        }
        var ids = new Dictionary<string, int>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string token = part.TextAt("vocab", reader);
            reader.Read();
            ids[token] = (int)part.WholeAt("vocab", reader, 0, int.MaxValue - 1);
        }
        return new Vocabulary(ids, $"{part.Name}: vocab");
    }

    // A merge is ["a", "b"], in older files "a b", among which the first line of merges.txt may have come along.
    private static List<(string Left, string Right)> Merges(JsonObject part)
    {
        var merges = new List<(string, string)>();
        Utf8JsonReader reader = part.Array("merges");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string[] pair = reader.TokenType == JsonTokenType.StartArray
                ? PairOf(part, ref reader)
                : part.TextAt("merges", reader).Split(' ');
            if (pair.Length != 2)
            {
                throw part.Error($"merges[{merges.Count}]", "two tokens", $"{pair.Length}");
            }
            if (reader.TokenType == JsonTokenType.EndArray || !pair[0].StartsWith("#version", StringComparison.Ordinal))
            {
                merges.Add((pair[0], pair[1]));
            }
        }
        return merges;
    }

    private static string[] PairOf(JsonObject part, ref Utf8JsonReader reader)
    {
        var tokens = new List<string>(2);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (tokens.Count == 2)
            {
                throw part.Error("merges", "two tokens", "more");
            }
            tokens.Add(part.TextAt("merges", reader));
        }
        return [.. tokens];
    }
}
