using System.Runtime.CompilerServices;
using System.Text.Json;

namespace GpuTransformer.Weights.Json;

/// <summary>Compares object keys where they stand in JSON text, so that an index of a million keys is four bytes a
/// key and no strings. A key is given by the position just after its opening quote.</summary>
internal static class JsonKeys
{
    /// <summary>Orders two keys by the bytes they stand for once escapes are undone. Compiled at once at full speed: a
    /// file's keys are put in order once, by many comparisons.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        for (int i = 0; ; i++)
        {
            byte left = a[i];
            byte right = b[i];
            if (left == '\\' || right == '\\')
            {
                return CompareEscaped(a[i..], b[i..]);
            }
            if (left != right)
            {
                return left == '"' ? -1 : right == '"' ? 1 : left - right;
            }
            if (left == '"')
            {
                return 0;
            }
        }
    }

    /// <summary>Orders a key against plain UTF-8 bytes.</summary>
    public static int CompareWith(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain)
    {
        int end = key.IndexOfAny((byte)'"', (byte)'\\');
        if (key[end] == '"')
        {
            return key[..end].SequenceCompareTo(plain);
        }
        var letters = new UnescapedBytes(key);
        foreach (byte expected in plain)
        {
            if (!letters.MoveNext())
            {
                return -1;
            }
            if (letters.Current != expected)
            {
                return letters.Current.CompareTo(expected);
            }
        }
        return letters.MoveNext() ? 1 : 0;
    }

    private static int CompareEscaped(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var left = new UnescapedBytes(a);
        var right = new UnescapedBytes(b);
        while (true)
        {
            bool moreLeft = left.MoveNext();
            bool moreRight = right.MoveNext();
            if (!moreLeft || !moreRight)
            {
                return moreLeft.CompareTo(moreRight);
            }
            if (left.Current != right.Current)
            {
                return left.Current.CompareTo(right.Current);
            }
        }
    }

    /// <summary>Bytes of the key once escapes are undone, counted no further than <paramref name="limit"/> + 1.</summary>
    public static int LengthUpTo(ReadOnlySpan<byte> key, int limit)
    {
        var letters = new UnescapedBytes(key);
        int length = 0;
        while (length <= limit && letters.MoveNext())
        {
            length++;
        }
        return length;
    }

    /// <summary>A reader whose first token is the key's string.</summary>
    public static Utf8JsonReader ReaderAt(ReadOnlySpan<byte> json, int key)
    {
        var reader = new Utf8JsonReader(json[(key - 1)..], JsonText.Options);
        reader.Read();
        return reader;
    }

    /// <summary>A reader that stands on the first token of the key's value.</summary>
    public static Utf8JsonReader ValueReader(ReadOnlySpan<byte> json, int key)
    {
        var reader = new Utf8JsonReader(json[ValueStart(json, key)..], JsonText.Options);
        reader.Read();
        return reader;
    }

    /// <summary>Where the value of a key begins. The text is known to be well-formed.</summary>
    public static int ValueStart(ReadOnlySpan<byte> json, int key)
    {
        int at = key;
        while (json[at] != '"')
        {
            at += json[at] == '\\' ? 2 : 1;
        }
        at += 1 + json[(at + 1)..].IndexOf((byte)':') + 1;
        return at + json[at..].IndexOfAnyExcept(" \t\r\n"u8);
    }
}

/// <summary>Walks the UTF-8 bytes that a JSON string stands for, escapes undone, up to its closing quote. The string is
/// known to be well-formed; half of a surrogate pair becomes U+FFFD.</summary>
internal ref struct UnescapedBytes
{
    private readonly ReadOnlySpan<byte> _text;
    private int _at;
    private uint _pending;
    private int _pendingCount;

    /// <summary>Walks from the position after the opening quote.</summary>
    public UnescapedBytes(ReadOnlySpan<byte> text) => _text = text;

    /// <summary>The byte the walk stands on.</summary>
    public byte Current { get; private set; }

    /// <summary>Steps on; false at the closing quote.</summary>
    public bool MoveNext()
    {
        if (_pendingCount > 0)
        {
            Current = (byte)_pending;
            _pending >>= 8;
            _pendingCount--;
            return true;
        }
        byte next = _text[_at];
        if (next == '"')
        {
            return false;
        }
        if (next != '\\')
        {
            Current = next;
            _at++;
            return true;
        }
        byte kind = _text[_at + 1];
        if (kind == 'u')
        {
            TakeCodePoint();
            return MoveNext();
        }
        _at += 2;
        Current = kind switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'t' => (byte)'\t',
            (byte)'r' => (byte)'\r',
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            _ => kind,
        };
        return true;
    }

    private void TakeCodePoint()
    {
        int code = FourDigits(_at + 2);
        _at += 6;
        if (char.IsHighSurrogate((char)code) && _text[_at] == '\\' && _text[_at + 1] == 'u'
            && char.IsLowSurrogate((char)FourDigits(_at + 2)))
        {
            code = char.ConvertToUtf32((char)code, (char)FourDigits(_at + 2));
            _at += 6;
        }
        else if (char.IsSurrogate((char)code))
        {
            code = 0xFFFD;
        }
        Span<byte> bytes = stackalloc byte[4];
        _pendingCount = new System.Text.Rune(code).EncodeToUtf8(bytes);
        _pending = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private readonly int FourDigits(int at)
    {
        int value = 0;
        foreach (byte digit in _text.Slice(at, 4))
        {
            value = (value << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }
        return value;
    }
}
