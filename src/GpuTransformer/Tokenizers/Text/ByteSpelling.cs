using System.Runtime.InteropServices;
using System.Text;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>Writes pieces of text in the byte alphabet, a letter for each byte of UTF-8. Pieces that follow each other in
/// one text become ranges of one new text, so that a piece costs no object of its own.</summary>
internal static class ByteSpelling
{
    private static readonly char[] AsciiLetters = [.. Enumerable.Range(0, 128).Select(code => (char)ByteAlphabet.LetterOf((byte)code).Value)];

    /// <summary>Spells out every piece that is not yet a token.</summary>
    public static void SpellOut(this PieceList pieces)
    {
        Span<Piece> all = CollectionsMarshal.AsSpan(pieces.Pieces);
        for (int first = 0; first < all.Length;)
        {
            if (all[first].TokenId is not null)
            {
                first++;
                continue;
            }
            int end = first + 1;
            while (end < all.Length && all[end].TokenId is null && ReferenceEquals(all[end].Text, all[first].Text)
                && all[end].Start >= all[end - 1].End)
            {
                end++;
            }
            SpellRun(all[first..end]);
            first = end;
        }
    }

    private static void SpellRun(Span<Piece> run)
    {
        NormalizedText text = run[0].Text;
        int start = run[0].Start;
        ReadOnlySpan<char> letters = text.Units[start..run[^1].End];
        if (!Ascii.IsValid(letters))
        {
            SpellLong(run, text);
            return;
        }
        var units = new char[letters.Length];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = AsciiLetters[letters[i]];
        }
        NormalizedText spelled = text.WithUnits(start, units);
        foreach (ref Piece piece in run)
        {
            piece = new Piece(spelled, piece.Start - start, piece.End - start);
        }
    }

    // A byte comes from the letter that it is of; the bytes after the first count as new.
    private static void SpellLong(Span<Piece> run, NormalizedText text)
    {
        var spelled = text.Slice(0, text.Length);
        int room = Encoding.UTF8.GetByteCount(text.Units[run[0].Start..run[^1].End]);
        var rewrite = new NormalizedText.Rewrite(spelled, room);
        foreach (ref Piece piece in run)
        {
            rewrite.RemoveUntil(piece.Start);
            int first = rewrite.Written;
            Spell(piece.Letters, ref rewrite);
            piece = new Piece(spelled, first, rewrite.Written);
        }
        rewrite.Commit();
    }

    /// <summary>Spells out the next letters of a rewrite.</summary>
    public static void Spell(ReadOnlySpan<char> letters, ref NormalizedText.Rewrite rewrite)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune letter in letters.EnumerateRunes())
        {
            int count = letter.EncodeToUtf8(bytes);
            rewrite.Replace(ByteAlphabet.LetterOf(bytes[0]));
            for (int i = 1; i < count; i++)
            {
                rewrite.Insert(ByteAlphabet.LetterOf(bytes[i]));
            }
        }
    }
}
