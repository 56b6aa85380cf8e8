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

    // What a vocabulary usually has; the dictionary grows where it has more.
    private const int MostExpected = 1 << 15;
    private const int BytesOfEntry = 16;

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
        Vocabulary vocabulary = VocabularyOf(part);
        return new BpeModel(vocabulary, Merges(part, vocabulary), options, part.Name);
    }

    private static Vocabulary VocabularyOf(JsonObject part)
    {
        Utf8JsonReader reader = part.Value("vocab");
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw part.Error("vocab", "an object", reader.TokenType.ToString());
        }
        var ids = new Dictionary<string, int>(Math.Min(MostExpected, part.ByteLength / BytesOfEntry));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string token = part.TextAt("vocab", reader);
            reader.Read();
            ids[token] = (int)part.WholeAt("vocab", reader, 0, int.MaxValue - 1);
        }
        return new Vocabulary(ids, $"{part.Name}: vocab");
    }

    // A merge is ["a", "b"], in older files "a b", among which the first line of merges.txt may have come along. Tokens are
    // looked up where they stand: no strings are made.
    private static List<(int Left, int Right)> Merges(JsonObject part, Vocabulary vocabulary)
    {
        Utf8JsonReader reader = part.Array("merges");
        var merges = new List<(int, int)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string where = reader.TokenType == JsonTokenType.StartArray ? "" : part.TextAt("merges", reader);
            if (where.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }
            merges.Add(reader.TokenType == JsonTokenType.StartArray
                ? PairAt(part, ref reader, vocabulary, merges.Count)
                : PairOf(part, where, vocabulary, merges.Count));
        }
        return merges;
    }

    private static (int Left, int Right) PairAt(JsonObject part, ref Utf8JsonReader reader, Vocabulary vocabulary, int rank)
    {
        Span<int> pair = stackalloc int[2];
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == 2)
            {
                throw part.Error("merges", "two tokens", "more");
            }
            pair[count++] = IdAt(part, reader, vocabulary, rank);
        }
        return count == 2 ? (pair[0], pair[1]) : throw part.Error($"merges[{rank}]", "two tokens", $"{count}");
    }

    private static (int Left, int Right) PairOf(JsonObject part, string text, Vocabulary vocabulary, int rank)
    {
        int space = text.IndexOf(' ');
        if (space < 0 || space != text.LastIndexOf(' '))
        {
            throw part.Error($"merges[{rank}]", "two tokens", $"{text.Split(' ').Length}");
        }
        return (
            IdOf(part, text.AsSpan(0, space), vocabulary, rank), IdOf(part, text.AsSpan(space + 1), vocabulary, rank));
    }

    private static int IdAt(JsonObject part, scoped in Utf8JsonReader reader, Vocabulary vocabulary, int rank)
    {
        const int ShortToken = 128;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > ShortToken)
        {
            return IdOf(part, part.TextAt("merges", reader), vocabulary, rank);
        }
        Span<char> token = stackalloc char[ShortToken];
        try
        {
            return IdOf(part, token[..reader.CopyString(token)], vocabulary, rank);
        }
        catch (InvalidOperationException error)
        {
            throw new InputException($"{part.Name}: merges: expected text, found half of a surrogate pair", error);
        }
    }

    private static int IdOf(JsonObject part, ReadOnlySpan<char> token, Vocabulary vocabulary, int rank) =>
        vocabulary.TryId(token, out int id) ? id
            : throw new InputException($"{part.Name}: merges[{rank}]: {Quoted.Of(token)} is not in the vocabulary");
}
