using System.Text;
using GpuTransformer.Tokenizers.Patterns;
using GpuTransformer.Tokenizers.PreTokenizers;
using GpuTransformer.Tokenizers.Text;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>Reads the "pre_tokenizer" part of tokenizer.json.</summary>
internal static class PreTokenizerFile
{
    private const int LongestPiece = 1 << 20;
    private static readonly LetterSet Numbers = LetterSet.Where(code => Rune.IsNumber(new Rune(code)));
    private static readonly LetterSet Punctuation = LetterSet.Where(code => BertCategories.IsPunctuation(new Rune(code)));
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
        parts.Add("CharDelimiterSplit", "delimiter",
            part => new LetterPreTokenizer(LetterSet.Of(Delimiter(part)), SplitBehavior.Removed));
        parts.Add("Digits", "individual_digits", part => new LetterPreTokenizer(
            Numbers, part.Flag("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
        parts.Add("FixedLength", "length",
            part => new FixedLengthPreTokenizer(part.WholeOr("length", 5, 1, LongestPiece)));
        parts.Add("Metaspace", MetaspaceFile.Keys, MetaspaceFile.PreTokenizer);
        parts.Add("Punctuation", "behavior", part => new LetterPreTokenizer(
            Punctuation, part.Has("behavior") ? Behavior(part) : SplitBehavior.Isolated));
        parts.Add("Sequence", "pretokenizers",
            part => new PreTokenizerSequence([.. part.Sections("pretokenizers").Select(Read)]));
        parts.Add("Split", "pattern behavior invert",
            part => new SplitPreTokenizer(PatternFile.Read(part), Behavior(part), part.Flag("invert")));
        parts.Add("UnicodeScripts", "", _ => new UnicodeScriptsPreTokenizer());
        parts.Add("Whitespace", "", _ => new WhitespacePreTokenizer());
        parts.Add("WhitespaceSplit", "", _ => new LetterPreTokenizer(LetterSet.Space, SplitBehavior.Removed));
        return parts;
    }

    private static SplitBehavior Behavior(JsonObject part) =>
        Enum.Parse<SplitBehavior>(part.OneOf("behavior", Enum.GetNames<SplitBehavior>()));

    private static int Delimiter(JsonObject part)
    {
        string delimiter = part.Text("delimiter");
        return Rune.TryGetRuneAt(delimiter + '\0', 0, out Rune letter) && letter.Utf16SequenceLength == delimiter.Length
            ? letter.Value
            : throw part.Error("delimiter", "one letter", Quoted.Of(delimiter));
    }
}
