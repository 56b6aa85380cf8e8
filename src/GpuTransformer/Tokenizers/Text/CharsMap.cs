using System.Buffers.Binary;
using System.Collections;
using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>SentencePiece's precompiled character map: which letters become which text. A double-array trie over the bytes
/// of UTF-8 holds, for each key, where its text begins in a block of texts that end in NUL.</summary>
/// <remarks>Layout: trie bytes (32 bits, little endian), the trie's 32-bit units, the texts. A unit's low byte is its
/// label, bit 8 tells of a value, bits 10 to 30 with bit 9 as scale are its offset; a value unit has bit 31 set. Every
/// unit that can be reached is checked once on reading, so that no lookup leaves the array.</remarks>
internal sealed class CharsMap
{
    private const uint ValueBit = 1u << 31;
    private const int LongestText = 1024;

    private readonly uint[] _units;
    private readonly byte[] _texts;

    /// <summary>Reads and checks a map; <paramref name="source"/> is what errors begin with.</summary>
    public CharsMap(ReadOnlySpan<byte> map, string source)
    {
        var reader = new BoundedReader(map, source);
        uint trieBytes = reader.UInt32("trie size");
        if (trieBytes == 0 || trieBytes % 4 != 0)
        {
            throw new InputException($"{source}: trie size: expected a multiple of 4 above 0, found {trieBytes}");
        }
        ReadOnlySpan<byte> trie = reader.Bytes((long)trieBytes, "trie");
        _units = new uint[trie.Length / 4];
        for (int i = 0; i < _units.Length; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(trie[(4 * i)..]);
        }
        _texts = reader.Bytes(reader.Left, "texts").ToArray();
        if (!System.Text.Unicode.Utf8.IsValid(_texts))
        {
            throw new InputException($"{source}: texts: expected UTF-8, found bytes that are not");
        }
        Check(source);
    }

    /// <summary>The text of the longest key that <paramref name="text"/> begins with, and how many units the key takes;
    /// false when it begins with none.</summary>
    public bool TryLongest(ReadOnlySpan<char> text, out int length, out ReadOnlySpan<byte> replacement) =>
        TryFind(text, longest: true, out length, out replacement);

    /// <summary>The same for the shortest key.</summary>
    public bool TryShortest(ReadOnlySpan<char> text, out int length, out ReadOnlySpan<byte> replacement) =>
        TryFind(text, longest: false, out length, out replacement);

    private bool TryFind(ReadOnlySpan<char> text, bool longest, out int length, out ReadOnlySpan<byte> replacement)
    {
        length = 0;
        int found = -1;
        int node = OffsetOf(_units[0]);
        Span<byte> bytes = stackalloc byte[4];
        for (int at = 0; at < text.Length && (longest || found < 0);)
        {
            _ = Rune.DecodeFromUtf16(text[at..], out Rune letter, out int units);
            int count = letter.EncodeToUtf8(bytes);
            if (!Walk(bytes[..count], ref node, out bool hasValue))
            {
                break;
            }
            at += units;
            if (hasValue)
            {
                found = (int)(_units[node] & ~ValueBit);
                length = at;
            }
        }
        replacement = found < 0 ? default : TextAt(found);
        return found >= 0;
    }

    private bool Walk(ReadOnlySpan<byte> bytes, ref int node, out bool hasValue)
    {
        hasValue = false;
        foreach (byte label in bytes)
        {
            int next = node ^ label;
            if (label == 0 || next >= _units.Length || LabelOf(_units[next]) != label)
            {
                return false;
            }
            hasValue = HasValue(_units[next]);
            node = next ^ OffsetOf(_units[next]);
        }
        return true;
    }

    private ReadOnlySpan<byte> TextAt(int start)
    {
        ReadOnlySpan<byte> text = _texts.AsSpan(start);
        int end = text.IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }

    // A unit with label c whose parent's children begin at b stands at b^c: units are put in a list for each b, and the
    // lists are walked from the root. A damaged trie may lead in circles; each list is walked once.
    private void Check(string source)
    {
        var first = new int[_units.Length];
        var next = new int[_units.Length];
        for (int i = 0; i < _units.Length; i++)
        {
            uint label = LabelOf(_units[i]);
            if (label is > 0 and <= 0xFF && (i ^ (int)label) is var origin && origin < _units.Length)
            {
                next[i] = first[origin];
                first[origin] = i + 1;
            }
        }
        var seen = new BitArray(_units.Length);
        var open = new Stack<int>();
        Open(0, 0, open, seen, source);
        while (open.TryPop(out int origin))
        {
            for (int child = first[origin]; child > 0; child = next[child - 1])
            {
                Open(child - 1, child - 1, open, seen, source);
            }
        }
    }

    private void Open(int unit, int position, Stack<int> open, BitArray seen, string source)
    {
        int origin = position ^ OffsetOf(_units[unit]);
        if (origin >= _units.Length)
        {
            throw new InputException($"{source}: trie unit {unit}: its offset leads to unit {origin} of {_units.Length}");
        }
        if (HasValue(_units[unit]))
        {
            uint value = _units[origin] & ~ValueBit;
            if (value >= _texts.Length)
            {
                throw new InputException(
                    $"{source}: trie unit {origin}: its text begins at byte {value} of {_texts.Length}");
            }
            if (_texts.AsSpan((int)value).IndexOf((byte)0) is var length && (length < 0 || length > LongestText)
                && _texts.Length - (int)value > LongestText)
            {
                throw new InputException($"{source}: the text at byte {value} is longer than {LongestText} bytes");
            }
        }
        if (!seen[origin])
        {
            seen[origin] = true;
            open.Push(origin);
        }
    }

    private static bool HasValue(uint unit) => (unit >> 8 & 1) == 1;

    private static uint LabelOf(uint unit) => unit & (ValueBit | 0xFF);

    private static int OffsetOf(uint unit) => (int)(unit >> 10 << (int)((unit & 1 << 9) >> 6));
}
