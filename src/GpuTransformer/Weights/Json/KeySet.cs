using System.Buffers;
using System.Runtime.InteropServices;

namespace GpuTransformer.Weights.Json;

/// <summary>Tells whether the keys of an object differ, by hashing them where they stand: a third more than four bytes a
/// key. The hash is that of strings, with a seed of the process, so that no file can choose keys that all fall into one
/// place.</summary>
internal static class KeySet
{
    private const int ShortKey = 256;

    // A set this full needs three looks a key; keys that need far more are put in order instead.
    private const int MostLooks = 32;

    /// <summary>True when no two are the same; false when two are, or when telling takes too long.</summary>
    /// <param name="json">The text, which is well-formed.</param>
    /// <param name="keys">Positions just after the keys' opening quotes.</param>
    public static bool AreDifferent(ReadOnlySpan<byte> json, ReadOnlySpan<int> keys)
    {
        int places = (int)Math.Min(Array.MaxLength, keys.Length * 4L / 3 + 1);
        int[] table = ArrayPool<int>.Shared.Rent(places);
        try
        {
            table.AsSpan(0, places).Clear();
            long looks = 0;
            foreach (int key in keys)
            {
                // A key stands after a quote, so that its position is never 0, which is an empty place.
                int at = (int)((ulong)Hash(json[key..]) * (ulong)places >> 32);
                while (table[at] != 0)
                {
                    if (JsonKeys.Compare(json[table[at]..], json[key..]) == 0 || ++looks > MostLooks * (long)keys.Length)
                    {
                        return false;
                    }
                    at = at + 1 == places ? 0 : at + 1;
                }
                table[at] = key;
            }
            return true;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(table);
        }
    }

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        int end = key.IndexOfAny((byte)'"', (byte)'\\');
        Span<byte> text = stackalloc byte[ShortKey];
        int length = 0;
        if (key[end] == '"' && end < ShortKey)
        {
            key[..end].CopyTo(text);
            length = end;
        }
        else
        {
            // The first bytes of a long key, or of one with escapes, tell it from most others.
            var letters = new UnescapedBytes(key);
            while (length < ShortKey - 1 && letters.MoveNext())
            {
                text[length++] = letters.Current;
            }
        }
        text[length..(length + (length & 1))].Clear();
        return (uint)string.GetHashCode(MemoryMarshal.Cast<byte, char>(text[..(length + (length & 1))]));
    }
}
