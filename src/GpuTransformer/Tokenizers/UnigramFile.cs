using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Models;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>Reads a "Unigram" model of tokenizer.json: tokens with scores, whose ids are their places.</summary>
internal static class UnigramFile
{
    /// <summary>Longest token, in UTF-16 units: what bounds the work for each letter of a text.</summary>
    public const int LongestToken = 4096;

    /// <summary>The model.</summary>
    public static UnigramModel Read(JsonObject part)
    {
        TokenizerPart.OnlyKeys(part, "type", "unk_id", "vocab", "byte_fallback");
        var tokens = new List<string>();
        var scores = new List<double>();
        Utf8JsonReader reader = part.Array("vocab");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string place = $"vocab[{tokens.Count}]";
            InputException Wrong() => part.Error(place, "a token and its score", "something else");
            if (reader.TokenType != JsonTokenType.StartArray || !reader.Read() || reader.TokenType != JsonTokenType.String)
            {
                throw Wrong();
            }
            string token = part.TextAt(place, reader);
            if (token.Length > LongestToken)
            {
                throw part.Error(place, $"at most {LongestToken} letters", $"{token.Length}");
            }
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out double score)
                || !double.IsFinite(score) || !reader.Read() || reader.TokenType != JsonTokenType.EndArray)
            {
                throw Wrong();
            }
            tokens.Add(token);
            scores.Add(score);
        }
        var ids = new Dictionary<string, int>(tokens.Count);
        for (int id = 0; id < tokens.Count; id++)
        {
            ids[tokens[id]] = id;
        }
        int? unknown = part.Has("unk_id") ? part.Whole("unk_id", 0, Math.Max(0, tokens.Count - 1)) : null;
        return tokens.Count > 0
            ? new UnigramModel(
                new Vocabulary([.. tokens], ids), [.. scores], unknown, part.FlagOr("byte_fallback", false), part.Name)
            : throw part.Error("vocab", "at least one token", "none");
    }
}
