using System.Text;
using GpuTransformer.Tokenizers.Decoders;
using GpuTransformer.Tokenizers.PreTokenizers;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>Reads "Metaspace" of tokenizer.json, which is a pre-tokenizer and a decoder with the same settings. Older
/// files say add_prefix_space in place of prepend_scheme.</summary>
internal static class MetaspaceFile
{
    /// <summary>The keys beside "type".</summary>
    public const string Keys = "replacement prepend_scheme add_prefix_space split str_rep";

    /// <summary>The pre-tokenizer.</summary>
    public static MetaspacePreTokenizer PreTokenizer(JsonObject part) =>
        new(Letter(part, "replacement"), Scheme(part), part.FlagOr("split", true));

    /// <summary>The decoder.</summary>
    public static MetaspaceDecoder Decoder(JsonObject part) =>
        new(Letter(part, "replacement"), Scheme(part) != PrependScheme.Never);

    /// <summary>A string of one letter.</summary>
    public static Rune Letter(JsonObject part, string key)
    {
        string text = part.Text(key);
        return text.Length > 0 && Rune.TryGetRuneAt(text, 0, out Rune letter) && letter.Utf16SequenceLength == text.Length
            ? letter
            : throw part.Error(key, "one letter", Quoted.Of(text));
    }

    private static PrependScheme Scheme(JsonObject part)
    {
        bool prefix = part.FlagOr("add_prefix_space", true);
        if (!part.Has("prepend_scheme"))
        {
            return prefix ? PrependScheme.Always : PrependScheme.Never;
        }
        string scheme = part.OneOf("prepend_scheme", "always", "first", "never");
        return prefix || scheme == "never"
            ? Enum.Parse<PrependScheme>(scheme, ignoreCase: true)
            : throw part.Error("prepend_scheme", "never, as add_prefix_space is false", scheme);
    }
}
