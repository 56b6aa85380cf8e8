using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Which pieces of a text get the replacement in front.</summary>
internal enum PrependScheme
{
    /// <summary>Each piece.</summary>
    Always,

    /// <summary>The piece that the text begins with.</summary>
    First,

    /// <summary>None.</summary>
    Never,
}

/// <summary>Writes spaces as a letter, puts one in front if asked to, and cuts before each.</summary>
internal sealed class MetaspacePreTokenizer(Rune replacement, PrependScheme scheme, bool split) : IPreTokenizer
{
    private readonly string _replacement = replacement.ToString();

    /// <inheritdoc/>
    public void Split(PieceList pieces)
    {
        pieces.ForEach(Replace);
        if (split)
        {
            pieces.SplitRanges(Cut);
        }
    }

    private void Cut(ReadOnlySpan<char> letters, PieceWriter ranges)
    {
        for (int start = 0; start < letters.Length;)
        {
            int next = letters[(start + 1)..].IndexOf(_replacement);
            int end = next < 0 ? letters.Length : start + 1 + next;
            ranges.Add(start, end);
            start = end;
        }
    }

    // What is put in front takes over where the first letter came from, and that letter counts as new.
    private void Replace(NormalizedText text)
    {
        ReadOnlySpan<char> units = text.Units;
        bool prepend = units.Length > 0 && !StartsWithReplacement(units)
            && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && text.OriginalRange(0, 0).Start == 0));
        int next = units.IndexOf(' ');
        if (!prepend && next < 0)
        {
            return;
        }
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        int at = 0;
        if (prepend)
        {
            _ = Rune.DecodeFromUtf16(units, out Rune first, out at);
            rewrite.Replace(replacement);
            rewrite.Insert(first);
        }
        for (; next >= 0; next = units[at..].IndexOf(' ') is >= 0 and var more ? at + more : -1)
        {
            rewrite.KeepUntil(next);
            rewrite.Replace(replacement);
            at = next + 1;
        }
        rewrite.KeepUntil(units.Length);
        rewrite.Commit();
    }

    private bool StartsWithReplacement(ReadOnlySpan<char> text) =>
        text[0] == ' ' || (Rune.DecodeFromUtf16(text, out Rune first, out _) == System.Buffers.OperationStatus.Done
            && first == replacement);
}
