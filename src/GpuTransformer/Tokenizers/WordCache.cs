using System.Runtime.InteropServices;

namespace GpuTransformer.Tokenizers;

/// <summary>Remembers the tokens of short pieces of text, which come again and again. A fixed number of places, each for
/// the last piece whose hash led there: bounded memory, no locks, and a piece that is pushed out is only made
/// again.</summary>
internal sealed class WordCache
{
    private const int Places = 1 << 15;
    private const int LongestPiece = 48;

    private Entry?[]? _entries;

    /// <summary>The tokens of a piece, made by the model when they are not there.</summary>
    public ReadOnlySpan<ModelToken> Tokenize(ITokenModel model, ReadOnlySpan<char> piece, List<ModelToken> scratch)
    {
        if (piece.Length > LongestPiece)
        {
            scratch.Clear();
            model.Tokenize(piece, scratch);
            return CollectionsMarshal.AsSpan(scratch);
        }
        // Two threads may both make the places; what one of them remembers is then lost, not wrong.
        Entry?[] entries = _entries ??= new Entry?[Places];
        ref Entry? place = ref entries[Hash(piece) & (Places - 1)];
        Entry? entry = Volatile.Read(ref place);
        if (entry is not null && piece.SequenceEqual(entry.Piece))
        {
            return entry.Tokens;
        }
        scratch.Clear();
        model.Tokenize(piece, scratch);
        Volatile.Write(ref place, new Entry(piece.ToArray(), [.. scratch]));
        return CollectionsMarshal.AsSpan(scratch);
    }

    private static uint Hash(ReadOnlySpan<char> piece)
    {
        ulong hash = (ulong)piece.Length * 0x9E3779B97F4A7C15;
        ReadOnlySpan<ulong> fours = MemoryMarshal.Cast<char, ulong>(piece);
        foreach (ulong four in fours)
        {
            hash = (hash ^ four) * 0xD6E8FEB86659FD93;
            hash ^= hash >> 32;
        }
        ulong rest = 0;
        foreach (char letter in piece[(4 * fours.Length)..])
        {
            rest = (rest << 16) | letter;
        }
        hash = (hash ^ rest) * 0xD6E8FEB86659FD93;
        return (uint)(hash >> 40);
    }

    private sealed class Entry(char[] piece, ModelToken[] tokens)
    {
        public readonly char[] Piece = piece;
        public readonly ModelToken[] Tokens = tokens;
    }
}
