using System.Globalization;
using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>Reads a regular expression as Oniguruma writes it, over code points. What is not understood is an error that
/// shows the pattern and the place: no part is passed over.</summary>
internal sealed partial class PatternParser
{
    private const int LongestPattern = 1 << 16;
    private const int Deepest = 32;
    private const int MostRepeats = 1000;

    private readonly string _pattern;
    private readonly string _source;
    private int _at;
    private int _depth;
    private Flags _flags;

    private PatternParser(string pattern, string source)
    {
        _pattern = pattern;
        _source = source;
    }

    private bool IsAtEnd => _at >= _pattern.Length;

    private char Next => _at < _pattern.Length ? _pattern[_at] : '\0';

    /// <summary>The pattern as a tree; <paramref name="source"/> is what errors begin with.</summary>
    public static PatternNode Parse(string pattern, string source)
    {
        var parser = new PatternParser(pattern, source);
        if (pattern.Length > LongestPattern)
        {
            throw parser.Error($"at most {LongestPattern} letters", $"{pattern.Length}");
        }
        PatternNode tree = parser.Choice();
        return parser.IsAtEnd ? tree : throw parser.Error("an end", "\")\"");
    }

    private PatternNode Choice()
    {
        if (++_depth > Deepest)
        {
            throw Error($"groups at most {Deepest} deep", "more");
        }
        // A flag that is set between parentheses, as in (?i)ab|c, holds to the end of the group.
        Flags outer = _flags;
        var choices = new List<PatternNode> { Sequence() };
        while (Next == '|' && !IsAtEnd)
        {
            _at++;
            choices.Add(Sequence());
        }
        _flags = outer;
        _depth--;
        return choices.Count == 1 ? choices[0] : new ChoiceNode(choices);
    }

    private SequenceNode Sequence()
    {
        var parts = new List<PatternNode>();
        while (!IsAtEnd && Next is not ('|' or ')'))
        {
            int start = _at;
            PatternNode? part = Atom();
            if (part is not null)
            {
                parts.Add(Repeated(part, start));
            }
        }
        return new SequenceNode(parts);
    }

    private PatternNode Repeated(PatternNode part, int start)
    {
        while (!IsAtEnd && Quantifier() is var (least, most, isInterval))
        {
            RepeatMode mode = RepeatMode.Greedy;
            if (Next == '?' && !IsAtEnd)
            {
                _at++;
                mode = RepeatMode.Lazy;
            }
            else if (Next == '+' && !IsAtEnd && !isInterval)
            {
                // After an interval Oniguruma reads + as one more repetition.
                _at++;
                mode = RepeatMode.Possessive;
            }
            if (part.MayBeEmpty && most is null)
            {
                _at = start;
                throw Error("a repeated part that takes at least one letter", "one that may be empty");
            }
            part = new RepeatNode(part, least, most, mode);
        }
        return part;
    }

    private (int Least, int? Most, bool IsInterval)? Quantifier()
    {
        switch (Next)
        {
            case '*':
                _at++;
                return (0, null, false);
            case '+':
                _at++;
                return (1, null, false);
            case '?':
                _at++;
                return (0, 1, false);
            case '{':
                return Interval();
            default:
                return null;
        }
    }

    // {n}, {n,}, {n,m}, {,m}; anything else is the letter {.
    private (int Least, int? Most, bool IsInterval)? Interval()
    {
        int end = _pattern.IndexOf('}', _at);
        string[] parts = end < 0 ? [] : _pattern[(_at + 1)..end].Split(',');
        if (parts.Length is 0 or > 2 || parts.All(part => part.Length == 0)
            || parts.Any(part => !part.All(char.IsAsciiDigit)))
        {
            return null;
        }
        int Number(string digits, int fallback) => digits.Length == 0 ? fallback
            : digits.Length <= 4 && int.Parse(digits, CultureInfo.InvariantCulture) is <= MostRepeats and var number ? number
            : throw Error($"at most {MostRepeats} repetitions", Quoted.Of(digits));
        int least = Number(parts[0], 0);
        int? most = parts.Length == 1 ? least : parts[1].Length == 0 ? null : Number(parts[1], 0);
        if (most < least)
        {
            throw Error("an interval that ascends", Quoted.Of(_pattern.AsSpan(_at..(end + 1))));
        }
        _at = end + 1;
        return (least, most, true);
    }

    private PatternNode? Atom()
    {
        switch (Next)
        {
            case '(':
                return Group();
            case '[':
                return new LetterNode(Class());
            case '\\':
                return Escape();
            case '.':
                _at++;
                return new LetterNode(_flags.HasFlag(Flags.DotAll) ? LetterSet.All : LetterSet.Of('\n').Not());
            case '^':
                _at++;
                return new PlaceNode(PlaceKind.LineStart);
            case '$':
                _at++;
                return new PlaceNode(PlaceKind.LineEnd);
            case '*' or '+' or '?':
                throw Error("something to repeat", Quoted.Of(Next.ToString()));
            default:
                return Literal(TakeLetter());
        }
    }

    private PatternNode? Literal(int letter)
    {
        if (_flags.HasFlag(Flags.Extended))
        {
            if (LetterSet.Space.Contains(letter))
            {
                return null;
            }
            if (letter == '#')
            {
                int end = _pattern.IndexOf('\n', _at);
                _at = end < 0 ? _pattern.Length : end + 1;
                return null;
            }
        }
        return new LetterNode(Cased(LetterSet.Of(letter)));
    }

    private PatternNode? Group()
    {
        int start = _at++;
        if (Next != '?')
        {
            return Close(start, Choice());
        }
        _at++;
        foreach ((string mark, Func<PatternNode, PatternNode> make) in Groups)
        {
            if (_pattern.AsSpan(_at).StartsWith(mark, StringComparison.Ordinal))
            {
                _at += mark.Length;
                return Close(start, make(Choice()));
            }
        }
        switch (Next)
        {
            case '#':
                int end = _pattern.IndexOf(')', _at);
                _at = end < 0 ? throw Error("a comment that ends", "no end") : end + 1;
                return null;
            case '<' when _pattern.AsSpan(_at).StartsWith("<=", StringComparison.Ordinal)
                || _pattern.AsSpan(_at).StartsWith("<!", StringComparison.Ordinal):
                return Behind(start);
            case '<':
                int name = _pattern.IndexOf('>', _at);
                _at = name < 0 ? throw Error("a group's name that ends", "no end") : name + 1;
                return Close(start, Choice());
            default:
                return Flagged(start);
        }
    }

    private static readonly (string Mark, Func<PatternNode, PatternNode> Make)[] Groups =
    [
        (":", body => body),
        ("=", body => new AheadNode(body, IsNegative: false)),
        ("!", body => new AheadNode(body, IsNegative: true)),
        (">", body => new AtomicNode(body)),
    ];

    private BehindNode Behind(int start)
    {
        bool isNegative = _pattern[_at + 1] == '!';
        _at += 2;
        PatternNode body = Close(start, Choice());
        while (body is SequenceNode { Parts: [var only] })
        {
            body = only;
        }
        return LetterOf(body) is { } set
            ? new BehindNode(set, isNegative)
            : throw ErrorAt(start, "a look-behind of one letter", "more");
    }

    private static LetterSet? LetterOf(PatternNode body) => body switch
    {
        LetterNode letter => letter.Set,
        SequenceNode { Parts: [var only] } => LetterOf(only),
        ChoiceNode choice when choice.Choices.Select(LetterOf).ToList() is var sets && !sets.Contains(null) =>
            LetterSet.AnyOf(sets!),
        _ => null,
    };

    // (?i), (?i-m:...)
    private PatternNode? Flagged(int start)
    {
        bool on = true;
        Flags flags = _flags;
        for (; !IsAtEnd && Next is not (')' or ':'); _at++)
        {
            Flags flag = Next switch
            {
                'i' => Flags.AnyCase,
                'm' => Flags.DotAll,
                'x' => Flags.Extended,
                '-' => Flags.None,
                _ => throw Error("a group that is supported", Quoted.Of(_pattern.AsSpan(start, _at + 1 - start))),
            };
            on = on && Next != '-';
            flags = on ? flags | flag : flags & ~flag;
        }
        Flags outer = _flags;
        _flags = flags;
        if (Next == ':' && !IsAtEnd)
        {
            _at++;
            PatternNode body = Close(start, Choice());
            _flags = outer;
            return body;
        }
        if (IsAtEnd)
        {
            throw ErrorAt(start, "a group that ends", "no end");
        }
        _at++;
        // The rest of the group, alternatives included, stands under the flag: as Oniguruma reads it.
        PatternNode rest = Choice();
        _flags = outer;
        return rest;
    }

    private PatternNode Close(int start, PatternNode body)
    {
        if (IsAtEnd)
        {
            throw ErrorAt(start, "a group that ends", "no end");
        }
        _at++;
        return body;
    }

    private int TakeLetter()
    {
        if (!Rune.TryGetRuneAt(_pattern, _at, out Rune letter))
        {
            throw Error("a letter", "half of a surrogate pair");
        }
        _at += letter.Utf16SequenceLength;
        return letter.Value;
    }

    private LetterSet Cased(LetterSet set) => _flags.HasFlag(Flags.AnyCase) ? set.InAnyCase() : set;

    private InputException Error(string expected, string found) => ErrorAt(_at, expected, found);

    private InputException ErrorAt(int at, string expected, string found) => new(
        $"{_source}: the pattern {Quoted.Of(_pattern)} at place {at}: expected {expected}, found {found}");

    [Flags]
    private enum Flags
    {
        None = 0,
        AnyCase = 1,
        DotAll = 2,
        Extended = 4,
    }
}
