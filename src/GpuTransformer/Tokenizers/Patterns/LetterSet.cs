using System.Globalization;

namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>A set of code points, asked by a test whose answers are kept for the Basic Multilingual Plane.</summary>
internal sealed class LetterSet
{
    private const int PageBits = 256;
    private readonly Func<int, bool> _test;
    private readonly ulong[]?[] _pages = new ulong[]?[0x10000 / PageBits];
    private readonly ulong _asciiLow;
    private readonly ulong _asciiHigh;

    private LetterSet(Func<int, bool> test)
    {
        _test = test;
        for (int code = 0; code < 64; code++)
        {
            _asciiLow |= test(code) ? 1UL << code : 0;
            _asciiHigh |= test(code + 64) ? 1UL << code : 0;
        }
    }

    /// <summary>Every letter.</summary>
    public static LetterSet All { get; } = new(_ => true);

    /// <summary>\s: white space.</summary>
    public static LetterSet Space { get; } =
        new(code => code < 0x10000 && char.IsWhiteSpace((char)code));

    /// <summary>\d: decimal digits.</summary>
    public static LetterSet Digit { get; } = OfCategories(1u << (int)UnicodeCategory.DecimalDigitNumber);

    /// <summary>\w: letters, marks, numbers that are letters, decimal digits, connectors and circled letters.</summary>
    public static LetterSet Word { get; } = new(IsWord);

    /// <summary>\h: hexadecimal digits.</summary>
    public static LetterSet HexDigit { get; } = new(code => code < 128 && char.IsAsciiHexDigit((char)code));

    /// <summary>One letter.</summary>
    public static LetterSet Of(int letter) => new(code => code == letter);

    /// <summary>Letters from one to another.</summary>
    public static LetterSet OfRange(int first, int last) => new(code => code >= first && code <= last);

    /// <summary>Letters of some general categories: bit n for the category n of .NET.</summary>
    public static LetterSet OfCategories(uint categories) =>
        new(code => ((categories >> (int)CharUnicodeInfo.GetUnicodeCategory(code)) & 1) != 0);

    /// <summary>Letters that a test accepts.</summary>
    public static LetterSet Where(Func<int, bool> test) => new(test);

    /// <summary>Letters of any of the sets.</summary>
    public static LetterSet AnyOf(IReadOnlyList<LetterSet> sets)
    {
        if (sets.Count == 1)
        {
            return sets[0];
        }
        LetterSet[] all = [.. sets];
        return new LetterSet(code => Array.Exists(all, set => set.Contains(code)));
    }

    /// <summary>Letters that are in both sets.</summary>
    public LetterSet And(LetterSet other) => new(code => Contains(code) && other.Contains(code));

    /// <summary>Letters that are not in the set.</summary>
    public LetterSet Not() => new(code => !Contains(code));

    /// <summary>The set with the other cases of its letters.</summary>
    public LetterSet InAnyCase() => new(code => Contains(code) || LetterCases.Others(code).Any(Contains));

    /// <summary>True when the letter is in the set.</summary>
    public bool Contains(int code)
    {
        if (code < 128)
        {
            return (((code < 64 ? _asciiLow : _asciiHigh) >> (code & 63)) & 1) != 0;
        }
        if (code >= 0x10000)
        {
            return _test(code);
        }
        // Two threads may both make a page; they make the same.
        ulong[] page = _pages[code / PageBits] ?? MakePage(code / PageBits);
        return ((page[(code % PageBits) >> 6] >> (code & 63)) & 1) != 0;
    }

    private static bool IsWord(int code) => CharUnicodeInfo.GetUnicodeCategory(code) switch
    {
        <= UnicodeCategory.LetterNumber => true,
        UnicodeCategory.ConnectorPunctuation => true,
        _ => code is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169)
            or (>= 0x1F170 and <= 0x1F189),
    };

    private ulong[] MakePage(int index)
    {
        var page = new ulong[PageBits / 64];
        for (int i = 0; i < PageBits; i++)
        {
            page[i >> 6] |= _test(index * PageBits + i) ? 1UL << (i & 63) : 0;
        }
        Volatile.Write(ref _pages[index], page);
        return page;
    }
}
