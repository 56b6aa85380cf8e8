using GpuTransformer.Tokenizers.Decoders;
using GpuTransformer.Tokenizers.Patterns;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>Reads the "decoder" part of tokenizer.json.</summary>
internal static class DecoderFile
{
    private const int MostStripped = 1 << 16;

    private static readonly PartTable<IDecoder> Parts = Table();

    /// <summary>The decoder.</summary>
    public static IDecoder Read(JsonObject part) => Parts.Read(part);

    // A line a part: its type, its keys, its reader.
    private static PartTable<IDecoder> Table()
    {
        var parts = new PartTable<IDecoder>();
        parts.Add("BPEDecoder", "suffix", part => new BpeDecoder(part.Text("suffix")));
        parts.Add("ByteFallback", "", _ => new ByteFallbackDecoder());
        parts.Add("ByteLevel", "add_prefix_space trim_offsets use_regex", _ => new ByteLevelDecoder());
        parts.Add("CTC", "pad_token word_delimiter_token cleanup",
            part => new CtcDecoder(part.Text("pad_token"), part.Text("word_delimiter_token"), part.Flag("cleanup")));
        parts.Add("Fuse", "", _ => new FuseDecoder());
        parts.Add("Metaspace", MetaspaceFile.Keys, MetaspaceFile.Decoder);
        parts.Add("Replace", "pattern content", part => new ReplaceDecoder(PatternFile.Read(part), part.Text("content")));
        parts.Add("Sequence", "decoders", part => new DecoderSequence([.. part.Sections("decoders").Select(Read)]));
        parts.Add("Strip", "content start stop", part => new StripDecoder(
            MetaspaceFile.Letter(part, "content"), part.Whole("start", 0, MostStripped), part.Whole("stop", 0, MostStripped)));
        parts.Add("WordPiece", "prefix cleanup", part => new WordPieceDecoder(part.Text("prefix"), part.Flag("cleanup")));
        return parts;
    }
}
