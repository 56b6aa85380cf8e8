using GpuTransformer.Tokenizers.PreTokenizers;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>Reads the "pre_tokenizer" part of tokenizer.json.</summary>
internal static class PreTokenizerFile
{
    private static readonly PartTable<IPreTokenizer> Parts = Table();

    /// <summary>The pre-tokenizer.</summary>
    public static IPreTokenizer Read(JsonObject part) => Parts.Read(part);

    // A line a part: its type, its keys, its reader.
    private static PartTable<IPreTokenizer> Table()
    {
        var parts = new PartTable<IPreTokenizer>();
        parts.Add("BertPreTokenizer", "", _ => new BertPreTokenizer());
        parts.Add("ByteLevel", "add_prefix_space trim_offsets use_regex",
            part => new ByteLevelPreTokenizer(part.Flag("add_prefix_space"), part.FlagOr("use_regex", true)));
        parts.Add("Digits", "individual_digits", part => new DigitsPreTokenizer(part.Flag("individual_digits")));
        parts.Add("Metaspace", MetaspaceFile.Keys, MetaspaceFile.PreTokenizer);
        parts.Add("Sequence", "pretokenizers",
            part => new PreTokenizerSequence([.. part.Sections("pretokenizers").Select(Read)]));
        return parts;
    }
}
