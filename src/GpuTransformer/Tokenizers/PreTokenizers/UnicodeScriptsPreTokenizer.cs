using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Splits where the script changes. Spaces and letters without a script belong to what stands before them; at
/// the start of a text, where nothing does, they are dropped. Kana count as Han.</summary>
internal sealed class UnicodeScriptsPreTokenizer : IPreTokenizer
{
    private static readonly int Han = UnicodeScripts.Named("Han");
    private static readonly int Hiragana = UnicodeScripts.Named("Hiragana");
    private static readonly int Katakana = UnicodeScripts.Named("Katakana");

    /// <inheritdoc/>
    public void Split(PieceList pieces) => pieces.SplitRanges(Split);

    private static void Split(ReadOnlySpan<char> letters, PieceWriter ranges)
    {
        int start = letters.Length;
        int before = 0;
        for (int i = 0; i < letters.Length;)
        {
            _ = Rune.DecodeFromUtf16(letters[i..], out Rune letter, out int length);
            int script = ScriptOf(letter.Value);
            if (script != 0 && script != before)
            {
                ranges.Add(start, i);
                start = i;
                before = script;
            }
            i += length;
        }
        ranges.Add(start, letters.Length);
    }

    private static int ScriptOf(int letter)
    {
        // The mark that makes a kana long, and the space.
        int script = letter == 0x30FC ? Han : letter == ' ' ? 0 : UnicodeScripts.Of(letter);
        return script == Hiragana || script == Katakana ? Han : script;
    }
}
