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
    /// <inheritdoc/>
    public void Split(PieceList pieces) => pieces.Split(Split);

    private void Split(NormalizedText text, List<Piece> parts)
    {
        Replace(text);
        if (!split)
        {
            parts.Add(new Piece(text));
            return;
        }
        Span<char> letter = stackalloc char[2];
        letter = letter[..replacement.EncodeToUtf16(letter)];
        for (int start = 0; start < text.Length;)
        {
            int next = text.Units[(start + 1)..].IndexOf(letter);
            int end = next < 0 ? text.Length : start + 1 + next;
            parts.Add(new Piece(text.Slice(start, end)));
            start = end;
        }
    }

    // What is put in front takes over where the first letter came from, and that letter counts as new.
    private void Replace(NormalizedText text)
    {
        bool prepend = text.Length > 0 && !StartsWithReplacement(text.Units)
            && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && text.OriginalRange(0, 0).Start == 0));
        if (!prepend && !text.Units.Contains(' '))
        {
            return;
        }
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        foreach (Rune letter in text.Units.EnumerateRunes())
        {
            Rune now = letter.Value == ' ' ? replacement : letter;
            if (prepend)
            {
                rewrite.Replace(replacement);
                rewrite.Insert(now);
                prepend = false;
            }
            else
            {
                rewrite.Replace(now);
            }
        }
        rewrite.Commit();
    }

    private bool StartsWithReplacement(ReadOnlySpan<char> text) =>
        text[0] == ' ' || (Rune.DecodeFromUtf16(text, out Rune first, out _) == System.Buffers.OperationStatus.Done
            && first == replacement);
}
