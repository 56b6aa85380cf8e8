using System.Runtime.InteropServices;
using System.Text;
using GpuTransformer.Tokenizers.Models;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.SentencePiece;

/// <summary>SentencePiece's way to rewrite text: user-defined pieces stay as they are, else the longest key of the
/// character map counts; then spaces.</summary>
internal sealed class SentencePieceNormalizer(NormalizerSpec spec, PieceTrie? userDefined, string source) : INormalizer
{
    private static readonly Rune EscapedSpace = new(0x2581);

    private readonly CharsMap? _map = spec.CharsMap.Length > 0 ? new CharsMap(spec.CharsMap, source) : null;
    private readonly Rune _space = spec.EscapeWhitespaces ? EscapedSpace : new Rune(' ');

    /// <inheritdoc/>
    public void Normalize(NormalizedText text)
    {
        ReadOnlySpan<char> units = text.Units;
        int at = spec.RemoveExtraWhitespaces ? LeadingSpace(units) : 0;
        if (at == units.Length)
        {
            text.BeginRewrite().Commit();
            return;
        }
        var letters = new List<Letter>(units.Length + 1);
        bool addsSpace = spec.AddDummyPrefix;
        if (addsSpace && !spec.WhitespaceIsSuffix)
        {
            letters.Add(new Letter(_space, at));
        }
        bool afterSpace = spec.RemoveExtraWhitespaces;
        while (at < units.Length)
        {
            int length = Prefix(units[at..], out ReadOnlySpan<byte> replacement, out bool isReplaced);
            if (isReplaced)
            {
                Add(letters, replacement, at, ref afterSpace);
            }
            else
            {
                Add(letters, units.Slice(at, length), at, ref afterSpace);
            }
            afterSpace &= spec.RemoveExtraWhitespaces;
            at += length;
        }
        while (spec.RemoveExtraWhitespaces && letters.Count > 0 && letters[^1].Value == _space)
        {
            at = letters[^1].Start;
            letters.RemoveAt(letters.Count - 1);
        }
        if (addsSpace && spec.WhitespaceIsSuffix)
        {
            letters.Add(new Letter(_space, at));
        }
        Write(text, CollectionsMarshal.AsSpan(letters), at);
    }

    /// <summary>A text rewritten.</summary>
    public string Normalize(string text)
    {
        var normalized = new NormalizedText(text);
        Normalize(normalized);
        return normalized.Units.ToString();
    }

    private int LeadingSpace(ReadOnlySpan<char> units)
    {
        int at = 0;
        while (at < units.Length)
        {
            int length = Prefix(units[at..], out ReadOnlySpan<byte> replacement, out bool isReplaced);
            if (isReplaced ? !replacement.SequenceEqual(" "u8) : !units.Slice(at, length).SequenceEqual(" "))
            {
                break;
            }
            at += length;
        }
        return at;
    }

    // How many units the next user-defined piece, key or letter takes, and what takes its place.
    private int Prefix(ReadOnlySpan<char> units, out ReadOnlySpan<byte> replacement, out bool isReplaced)
    {
        replacement = default;
        isReplaced = false;
        if (userDefined?.LongestMatch(units) is > 0 and var whole)
        {
            return whole;
        }
        if (_map is not null && _map.TryLongest(units, out int length, out replacement))
        {
            isReplaced = true;
            return length;
        }
        return char.IsHighSurrogate(units[0]) && units.Length > 1 ? 2 : 1;
    }

    private void Add(List<Letter> letters, ReadOnlySpan<byte> text, int start, ref bool afterSpace)
    {
        while (!text.IsEmpty)
        {
            _ = Rune.DecodeFromUtf8(text, out Rune letter, out int length);
            text = text[length..];
            Add(letters, letter, start, ref afterSpace);
        }
    }

    private void Add(List<Letter> letters, ReadOnlySpan<char> text, int start, ref bool afterSpace)
    {
        foreach (Rune letter in text.EnumerateRunes())
        {
            Add(letters, letter, start, ref afterSpace);
        }
    }

    // Spaces after a space are left out where a stretch of text begins with them.
    private void Add(List<Letter> letters, Rune letter, int start, ref bool afterSpace)
    {
        bool isSpace = letter.Value == ' ';
        bool isInside = letters.Count > 0 && letters[^1].Start == start && letters[^1].IsOfStretch;
        if (isSpace && afterSpace && !isInside)
        {
            return;
        }
        letters.Add(new Letter(isSpace ? _space : letter, start, IsOfStretch: true));
        afterSpace = isSpace;
    }

    // A letter reaches to where the next stretch of text begins.
    private static void Write(NormalizedText text, ReadOnlySpan<Letter> letters, int end)
    {
        NormalizedText.Rewrite rewrite = text.BeginRewrite();
        Span<int> ends = letters.Length <= 256 ? stackalloc int[letters.Length] : new int[letters.Length];
        int next = end;
        for (int i = letters.Length - 1; i >= 0; i--)
        {
            if (i + 1 < letters.Length && letters[i + 1].Start != letters[i].Start)
            {
                next = letters[i + 1].Start;
            }
            ends[i] = next;
        }
        for (int i = 0; i < letters.Length; i++)
        {
            rewrite.Put(letters[i].Value, letters[i].Start, letters[i].IsOfStretch ? ends[i] : letters[i].Start);
        }
        rewrite.Commit();
    }

    /// <summary>A letter, where the stretch of text begins that it was made from, and whether it was made from it or put in
    /// beside it.</summary>
    private readonly record struct Letter(Rune Value, int Start, bool IsOfStretch = false);
}
