using GpuTransformer.Tokenizers.Normalizers;
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
        parts.Add("Lowercase", "", _ => new Lowercase());
        parts.Add("NFC", "", _ => new UnicodeNormalizer(UnicodeForm.Nfc));
        parts.Add("NFD", "", _ => new UnicodeNormalizer(UnicodeForm.Nfd));
        parts.Add("NFKC", "", _ => new UnicodeNormalizer(UnicodeForm.Nfkc));
        parts.Add("NFKD", "", _ => new UnicodeNormalizer(UnicodeForm.Nfkd));
        parts.Add("Precompiled", "precompiled_charsmap", part => new PrecompiledNormalizer(
            new CharsMap(part.Base64("precompiled_charsmap"), $"{part.Name}: precompiled_charsmap")));
        parts.Add("Sequence", "normalizers", part => new NormalizerSequence([.. part.Sections("normalizers").Select(Read)]));
        return parts;
    }

    private static BertNormalizer Bert(JsonObject part) => new(
        part.Flag("clean_text"),
        part.Flag("handle_chinese_chars"),
        part.Has("strip_accents") ? part.Flag("strip_accents") : null,
        part.Flag("lowercase"));
}
