using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>Reads Hugging Face's tokenizer.json. A part, a setting or a key that is not supported is an
/// <see cref="InputException"/> that names it: nothing is left out in silence.</summary>
internal static class TokenizerFile
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "tokenizer.json";

    private const long LargestFile = 256L << 20;
    private const int LongestAddedToken = 512;

    /// <summary>Reads a file.</summary>
    public static Tokenizer Load(string path) => Read(JsonObject.Load(path, LargestFile));

    /// <summary>Reads a checked JSON object.</summary>
    public static Tokenizer Read(JsonObject file)
    {
        TokenizerPart.OnlyKeys(file, "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
            "post_processor", "decoder", "model");
        _ = file.OneOf("version", "1.0");
        INormalizer? normalizer = file.Section("normalizer") is { } normalizerPart ? NormalizerFile.Read(normalizerPart) : null;
        ITokenModel model = TokenizerModelFile.Read(
            file.Section("model") ?? throw file.Error("model", "an object", "nothing"));
        IReadOnlyList<AddedToken> added = AddedTokens(file, model.Vocabulary);
        return new Tokenizer(
            new AddedTokens(added, normalizer),
            file.Section("pre_tokenizer") is { } preTokenizer ? PreTokenizerFile.Read(preTokenizer) : null,
            model,
            PostProcessorFile.Read(file.Section("post_processor")),
            file.Section("decoder") is { } decoder ? DecoderFile.Read(decoder) : null)
        {
            StoredTruncation = file.Section("truncation") is { } truncation ? Truncation(truncation) : null,
            StoredPadding = file.Section("padding") is { } padding ? Padding(padding) : null,
        };
    }

    private static List<AddedToken> AddedTokens(JsonObject file, Vocabulary vocabulary)
    {
        var tokens = new List<AddedToken>();
        var ids = new Dictionary<int, string>(SeededIds.Comparer);
        foreach (JsonObject part in file.Sections("added_tokens"))
        {
            TokenizerPart.OnlyKeys(part, "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
            string content = part.Text("content");
            int id = part.Whole("id", 0);
            if (content.Length is 0 or > LongestAddedToken)
            {
                throw part.Error("content", $"1 to {LongestAddedToken} letters", $"{content.Length}");
            }
            // Text and id must agree with the model's vocabulary, where it knows either, and with each other.
            string? known = vocabulary.TokenOf(id);
            if ((known is not null && known != content) || !ids.TryAdd(id, content))
            {
                throw part.Error("id", $"an id of its own for {Quoted.Of(content)}",
                    $"{id}, which stands for {Quoted.Of(known ?? ids[id])}");
            }
            if (vocabulary.IdOf(content) is { } other && other != id)
            {
                throw part.Error("id", $"{other}, as in the vocabulary", $"{id}");
            }
            tokens.Add(new AddedToken(
                id, content, part.Flag("single_word"), part.Flag("lstrip"), part.Flag("rstrip"),
                part.Flag("normalized"), part.Flag("special")));
        }
        return tokens;
    }

    private static TruncationOptions Truncation(JsonObject part)
    {
        TokenizerPart.OnlyKeys(part, "direction", "max_length", "strategy", "stride");
        int longest = part.Whole("max_length", 0);
        return new TruncationOptions(
            longest,
            Enum.Parse<TruncationStrategy>(part.OneOf("strategy", "LongestFirst", "OnlyFirst", "OnlySecond")),
            part.Has("direction") && part.OneOf("direction", "Left", "Right") == "Left",
            part.Whole("stride", 0, Math.Max(0, longest - 1)));
    }

    private static PaddingOptions Padding(JsonObject part)
    {
        TokenizerPart.OnlyKeys(
            part, "strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token");
        const int Longest = 1 << 20;
        int length = 0;
        if (part.Kind("strategy") == JsonTokenType.StartObject)
        {
            length = part.Section("strategy")!.Whole("Fixed", 0, Longest);
        }
        else
        {
            _ = part.OneOf("strategy", "BatchLongest");
        }
        return new PaddingOptions(
            length,
            part.Whole("pad_id", 0),
            part.Text("pad_token"),
            part.Whole("pad_type_id", 0),
            part.OneOf("direction", "Left", "Right") == "Left",
            Math.Max(1, part.WholeOr("pad_to_multiple_of", 1, 0, Longest)));
    }
}
