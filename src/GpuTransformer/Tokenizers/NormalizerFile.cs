using GpuTransformer.Tokenizers.Normalizers;
using GpuTransformer.Tokenizers.Patterns;
using GpuTransformer.Tokenizers.Text;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>Reads the "normalizer" part of tokenizer.json.</summary>
internal static class NormalizerFile
{
    private static readonly PartTable<INormalizer> Parts = Table();

    /// <summary>The normalizer.</summary>
    public static INormalizer Read(JsonObject part) => Parts.Read(part);

    // A line a part: its type, its keys, its reader.
    private static PartTable<INormalizer> Table()
    {
        var parts = new PartTable<INormalizer>();
        parts.Add("BertNormalizer", "clean_text handle_chinese_chars strip_accents lowercase", Bert);
        parts.Add("ByteLevel", "", _ => new ByteLevelNormalizer());
        parts.Add("Lowercase", "", _ => new Lowercase());
        parts.Add("NFC", "", _ => new UnicodeNormalizer(UnicodeForm.Nfc));
        parts.Add("NFD", "", _ => new UnicodeNormalizer(UnicodeForm.Nfd));
        parts.Add("NFKC", "", _ => new UnicodeNormalizer(UnicodeForm.Nfkc));
        parts.Add("NFKD", "", _ => new UnicodeNormalizer(UnicodeForm.Nfkd));
        parts.Add("Nmt", "", _ => new NmtNormalizer());
        parts.Add("Precompiled", "precompiled_charsmap", part => new PrecompiledNormalizer(
            new CharsMap(part.Base64("precompiled_charsmap"), $"{part.Name}: precompiled_charsmap")));
        parts.Add("Prepend", "prepend", part => new PrependNormalizer(part.Text("prepend")));
        parts.Add("Replace", "pattern content", part => new ReplaceNormalizer(PatternFile.Read(part), part.Text("content")));
        parts.Add("Sequence", "normalizers", part => new NormalizerSequence([.. part.Sections("normalizers").Select(Read)]));
        parts.Add("Strip", "strip_left strip_right",
            part => new StripNormalizer(part.Flag("strip_left"), part.Flag("strip_right")));
        parts.Add("StripAccents", "", _ => new StripAccents());
        return parts;
    }

    private static BertNormalizer Bert(JsonObject part) => new(
        part.Flag("clean_text"),
        part.Flag("handle_chinese_chars"),
        part.Has("strip_accents") ? part.Flag("strip_accents") : null,
        part.Flag("lowercase"));
}
