using System.Globalization;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.Patterns;

/// <content>Escapes and classes.</content>
internal sealed partial class PatternParser
{
    private PatternNode Escape()
    {
        int start = _at++;
        PlaceKind? place = Next switch
        {
            'A' => PlaceKind.TextStart,
            'z' => PlaceKind.TextEnd,
            'Z' => PlaceKind.LastLineEnd,
            'b' => PlaceKind.WordBoundary,
            'B' => PlaceKind.NoWordBoundary,
            _ => null,
        };
        if (place is { } kind && !IsAtEnd)
        {
            _at++;
            return new PlaceNode(kind);
        }
        _at = start;
        if (SetEscape() is { } set)
        {
            return new LetterNode(Cased(set));
        }
        return new LetterNode(Cased(LetterSet.Of(LetterEscape())));
    }

    // \s, \p{L} and the like; null when the escape is a letter.
    private LetterSet? SetEscape()
    {
        char kind = _at + 1 < _pattern.Length ? _pattern[_at + 1] : throw Error("a letter after \\", "the end");
        LetterSet? set = kind switch
        {
            's' => LetterSet.Space,
            'S' => LetterSet.Space.Not(),
            'd' => LetterSet.Digit,
            'D' => LetterSet.Digit.Not(),
            'w' => LetterSet.Word,
            'W' => LetterSet.Word.Not(),
            'h' => LetterSet.HexDigit,
            'H' => LetterSet.HexDigit.Not(),
            _ => null,
        };
        if (set is not null)
        {
            _at += 2;
            return set;
        }
        return kind is 'p' or 'P' ? Property(kind == 'P') : null;
    }

    private LetterSet Property(bool isNegative)
    {
        int start = _at;
        int end = _pattern.IndexOf('}', _at);
        if (_at + 2 >= _pattern.Length || _pattern[_at + 2] != '{' || end < 0)
        {
            throw Error("\\p{...}", Quoted.Of(_pattern.AsSpan(_at, Math.Min(3, _pattern.Length - _at))));
        }
        string name = _pattern[(_at + 3)..end];
        if (name.StartsWith('^'))
        {
            isNegative = !isNegative;
            name = name[1..];
        }
        LetterSet set = LetterProperties.Named(name)
            ?? throw ErrorAt(start, "a category or a script that is known", Quoted.Of(name));
        _at = end + 1;
        return isNegative ? set.Not() : set;
    }

    private int LetterEscape()
    {
        int start = _at++;
        int letter = TakeLetter();
        switch (letter)
        {
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case 'a':
                return '\a';
            case 'e':
                return 0x1B;
            case '0':
                return 0;
            case 'x' or 'u':
                return HexEscape(start, letter == 'u' ? 4 : 2);
            default:
                return letter >= 128 || !char.IsAsciiLetterOrDigit((char)letter)
                    ? letter
                    : throw ErrorAt(start, "an escape that is supported", Quoted.Of(_pattern.AsSpan(start, _at - start)));
        }
    }

    // \xHH, \x{H...}, \uHHHH.
    private int HexEscape(int start, int count)
    {
        string digits;
        if (Next == '{' && count == 2)
        {
            int end = _pattern.IndexOf('}', _at);
            digits = end < 0 ? "" : _pattern[(_at + 1)..end];
            _at = end + 1;
        }
        else
        {
            digits = _pattern[_at..Math.Min(_at + count, _pattern.Length)];
            _at += digits.Length;
        }
        return digits.Length is > 0 and <= 6
            && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
            && System.Text.Rune.IsValid(code)
            ? code
            : throw ErrorAt(start, "a code point in hexadecimal", Quoted.Of(digits));
    }

    // [a-z\d[^x]&&\w[:alpha:]]
    private LetterSet Class()
    {
        int start = _at++;
        if (++_depth > Deepest)
        {
            throw Error($"classes at most {Deepest} deep", "more");
        }
        bool isNegative = Next == '^' && !IsAtEnd;
        _at += isNegative ? 1 : 0;
        LetterSet? both = null;
        var sets = new List<LetterSet>();
        bool first = true;
        while (true)
        {
            if (IsAtEnd)
            {
                throw ErrorAt(start, "a class that ends", "no end");
            }
            if (Next == ']' && !first)
            {
                _at++;
                break;
            }
            first = false;
            if (_pattern.AsSpan(_at).StartsWith("&&", StringComparison.Ordinal))
            {
                _at += 2;
                both = Joined(both, sets);
                sets.Clear();
                continue;
            }
            sets.Add(ClassItem());
        }
        _depth--;
        LetterSet set = Cased(Joined(both, sets));
        return isNegative ? set.Not() : set;
    }

    private LetterSet Joined(LetterSet? before, List<LetterSet> sets)
    {
        if (sets.Count == 0)
        {
            throw Error("a class with letters", "none");
        }
        LetterSet set = LetterSet.AnyOf(sets);
        return before is null ? set : before.And(set);
    }

    private LetterSet ClassItem()
    {
        if (Next == '[')
        {
            return _pattern.AsSpan(_at).StartsWith("[:", StringComparison.Ordinal) && PosixClass() is { } posix ? posix : Class();
        }
        if (Next == '\\' && SetEscape() is { } set)
        {
            return set;
        }
        int firstLetter = ClassLetter();
        bool isRange = Next == '-' && _at + 1 < _pattern.Length && _pattern[_at + 1] is not (']' or '[');
        if (!isRange)
        {
            return LetterSet.Of(firstLetter);
        }
        _at++;
        int start = _at;
        if (Next == '\\' && SetEscape() is { } last)
        {
            // [a-\d]: the hyphen is a letter.
            return LetterSet.AnyOf([LetterSet.Of(firstLetter), LetterSet.Of('-'), last]);
        }
        int lastLetter = ClassLetter();
        return lastLetter >= firstLetter
            ? LetterSet.OfRange(firstLetter, lastLetter)
            : throw ErrorAt(start, "a range that ascends", Quoted.Of(char.ConvertFromUtf32(lastLetter)));
    }

    private int ClassLetter()
    {
        if (Next != '\\')
        {
            return TakeLetter();
        }
        if (_at + 1 < _pattern.Length && _pattern[_at + 1] == 'b')
        {
            _at += 2;
            return '\b';
        }
        return LetterEscape();
    }

    // [:alpha:] and [:^alpha:], inside a class.
    private LetterSet? PosixClass()
    {
        int end = _pattern.IndexOf(":]", _at, StringComparison.Ordinal);
        if (end < 0 || !_pattern[(_at + 2)..end].All(letter => char.IsAsciiLetter(letter) || letter == '^'))
        {
            return null;
        }
        string name = _pattern[(_at + 2)..end];
        bool isNegative = name.StartsWith('^');
        LetterSet set = LetterProperties.Named(name.TrimStart('^'))
            ?? throw Error("a class that is known", Quoted.Of(name));
        _at = end + 2;
        return isNegative ? set.Not() : set;
    }
}
