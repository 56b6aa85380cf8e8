using System.Text;
using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>Cuts a template into tokens, with the white space rules that transformers sets: trim_blocks (the newline after
/// a tag goes) and lstrip_blocks (blanks before a tag that begins a line go), one newline at the end dropped.</summary>
internal sealed class Lexer
{
    private static readonly string[] s_symbols =
    [
        "**", "//", "==", "!=", "<=", ">=",
        "+", "-", "*", "/", "%", "~", "<", ">", "=", "|", ".", ",", ":", "(", ")", "[", "]", "{", "}",
    ];

    private readonly string _name;
    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private int _at;
    private int _line = 1;
    private bool _lineStart = true;
    private bool _stripNext;

    private Lexer(string text, string name)
    {
        _name = name;
        text = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _text = text.EndsWith('\n') ? text[..^1] : text;
    }

    public static IReadOnlyList<Token> Cut(string text, string name)
    {
        var lexer = new Lexer(text, name);
        lexer.Run();
        lexer.Add(TokenKind.End, "");
        return lexer._tokens;
    }

    private void Run()
    {
        while (_at < _text.Length)
        {
            int tag = NextTag(_at);
            if (tag < 0)
            {
                AddData(_text[_at..]);
                _at = _text.Length;
                return;
            }
            char kind = _text[tag + 1];
            char sign = tag + 2 < _text.Length ? _text[tag + 2] : '\0';
            AddData(Before(_text[_at..tag], kind, sign));
            _at = tag + 2 + (sign is '-' or '+' ? 1 : 0);
            switch (kind)
            {
                case '#':
                    Comment();
                    break;
                case '{':
                    Add(TokenKind.OutputBegin, "{{");
                    Inside("}}", TokenKind.OutputEnd);
                    break;
                default:
                    if (!Raw())
                    {
                        Add(TokenKind.BlockBegin, "{%");
                        Inside("%}", TokenKind.BlockEnd);
                    }
                    break;
            }
        }
    }

    private int NextTag(int from)
    {
        for (int i = _text.IndexOf('{', from); i >= 0 && i + 1 < _text.Length; i = _text.IndexOf('{', i + 1))
        {
            if (_text[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }
        return -1;
    }

    private string Before(string data, char kind, char sign)
    {
        if (sign == '-')
        {
            CountLines(data);
            string kept = data.TrimEnd();
            _line -= Lines(kept);
            return kept;
        }
        int lineStart = data.LastIndexOf('\n') + 1;
        bool blank = data.AsSpan(lineStart).Trim(" \t").IsEmpty;
        return kind != '{' && sign != '+' && blank && (lineStart > 0 || _lineStart) ? data[..lineStart] : data;
    }

    private void AddData(string data)
    {
        int line = _line;
        CountLines(data);
        string kept = _stripNext ? data.TrimStart() : data;
        _stripNext = false;
        if (kept.Length > 0)
        {
            _tokens.Add(new Token(TokenKind.Data, kept, line));
        }
        _lineStart = data.Length == 0 ? _lineStart : data.EndsWith('\n');
    }

    private void Comment()
    {
        int end = _text.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Error("a comment that does not end");
        }
        CountLines(_text[_at..end]);
        char sign = end > _at ? _text[end - 1] : '\0';
        _at = end + 2;
        AfterTag(sign, trims: true);
    }

    private bool Raw()
    {
        int at = SkipBlanks(_at);
        if (!_text.AsSpan(at).StartsWith("raw") || !EndsTag(SkipBlanks(at + 3), out int begin, out char sign))
        {
            return false;
        }
        _at = begin;
        AfterTag(sign, trims: true);
        for (int i = _at; (i = _text.IndexOf("{%", i, StringComparison.Ordinal)) >= 0; i += 2)
        {
            int name = SkipBlanks(i + 2 + (i + 2 < _text.Length && _text[i + 2] is '-' or '+' ? 1 : 0));
            if (_text.AsSpan(name).StartsWith("endraw") && EndsTag(SkipBlanks(name + 6), out int after, out char endSign))
            {
                AddData(Before(_text[_at..i], '%', _text[i + 2]));
                _at = after;
                AfterTag(endSign, trims: true);
                return true;
            }
        }
        throw Error("a raw block that does not end");
    }

    private bool EndsTag(int at, out int after, out char sign)
    {
        sign = at < _text.Length && _text[at] is '-' or '+' ? _text[at] : '\0';
        at += sign == '\0' ? 0 : 1;
        after = at + 2;
        return _text.AsSpan(Math.Min(at, _text.Length)).StartsWith("%}");
    }

    private int SkipBlanks(int at)
    {
        while (at < _text.Length && char.IsWhiteSpace(_text[at]))
        {
            at++;
        }
        return at;
    }

    private void AfterTag(char sign, bool trims)
    {
        _lineStart = false;
        _stripNext = sign == '-';
        if (trims && sign is not ('-' or '+') && _at < _text.Length && _text[_at] == '\n')
        {
            _at++;
            _line++;
            _lineStart = true;
        }
    }

    private void Inside(string closing, TokenKind end)
    {
        int depth = 0;
        while (true)
        {
            int blank = _at;
            _at = SkipBlanks(_at);
            CountLines(_text[blank.._at]);
            if (_at >= _text.Length)
            {
                throw Error($"a tag that does not end with {closing}");
            }
            var rest = _text.AsSpan(_at);
            char sign = rest[0] is '-' or '+' && rest[1..].StartsWith(closing) ? rest[0] : '\0';
            if (depth == 0 && (sign != '\0' || rest.StartsWith(closing)))
            {
                _at += sign == '\0' ? 2 : 3;
                Add(end, closing);
                AfterTag(sign, trims: end == TokenKind.BlockEnd);
                return;
            }
            Next(rest, ref depth);
        }
    }

    private void Next(ReadOnlySpan<char> rest, ref int depth)
    {
        char c = rest[0];
        if (c is '"' or '\'')
        {
            Literal(c);
        }
        else if (char.IsAsciiDigit(c))
        {
            Number();
        }
        else if (c == '_' || char.IsLetter(c))
        {
            int end = _at;
            while (end < _text.Length && (_text[end] == '_' || char.IsLetterOrDigit(_text[end])))
            {
                end++;
            }
            Add(TokenKind.Name, _text[_at..end]);
            _at = end;
        }
        else
        {
            string? symbol = null;
            foreach (string candidate in s_symbols)
            {
                if (rest.StartsWith(candidate))
                {
                    symbol = candidate;
                    break;
                }
            }
            if (symbol is null)
            {
                throw Error($"the character '{c}'");
            }
            depth += symbol is "(" or "[" or "{" ? 1 : symbol is ")" or "]" or "}" ? -1 : 0;
            Add(TokenKind.Symbol, symbol);
            _at += symbol.Length;
        }
    }

    private void Number()
    {
        int end = _at;
        bool isFloat = false;
        while (end < _text.Length && (char.IsAsciiDigit(_text[end]) || _text[end] == '_' || IsPoint(end)))
        {
            isFloat |= _text[end] == '.';
            end++;
        }
        if (end + 1 < _text.Length && _text[end] is 'e' or 'E')
        {
            int exponent = end + (_text[end + 1] is '-' or '+' ? 2 : 1);
            if (exponent < _text.Length && char.IsAsciiDigit(_text[exponent]))
            {
                isFloat = true;
                for (end = exponent; end < _text.Length && char.IsAsciiDigit(_text[end]); end++)
                {
                }
            }
        }
        Add(isFloat ? TokenKind.Float : TokenKind.Integer, _text[_at..end].Replace("_", "", StringComparison.Ordinal));
        _at = end;

        bool IsPoint(int at) => !isFloat && _text[at] == '.' && at + 1 < _text.Length && char.IsAsciiDigit(_text[at + 1]);
    }

    private void Literal(char quote)
    {
        int line = _line;
        var value = new StringBuilder();
        for (_at++; _at < _text.Length && _text[_at] != quote; _at++)
        {
            _line += _text[_at] == '\n' ? 1 : 0;
            if (_text[_at] == '\\' && _at + 1 < _text.Length)
            {
                _at++;
                Escape(value);
            }
            else
            {
                value.Append(_text[_at]);
            }
        }
        if (_at >= _text.Length)
        {
            throw Error("a string that does not end");
        }
        _at++;
        _tokens.Add(new Token(TokenKind.Text, value.ToString(), line));
    }

    private void Escape(StringBuilder value)
    {
        char c = _text[_at];
        int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            uint code = 0;
            if (_at + digits >= _text.Length
                || !uint.TryParse(_text.AsSpan(_at + 1, digits), System.Globalization.NumberStyles.AllowHexSpecifier, null, out code)
                || !Rune.IsValid(code))
            {
                throw Error($"the escape \\{c} without {digits} hexadecimal digits of a character");
            }
            value.Append(new Rune(code).ToString());
            _at += digits;
            return;
        }
        _ = c switch
        {
            'n' => value.Append('\n'),
            't' => value.Append('\t'),
            'r' => value.Append('\r'),
            'b' => value.Append('\b'),
            'f' => value.Append('\f'),
            'v' => value.Append('\v'),
            'a' => value.Append('\a'),
            '0' => value.Append('\0'),
            '\n' => value,
            '\\' or '\'' or '"' => value.Append(c),
            _ => value.Append('\\').Append(c),
        };
    }

    private void Add(TokenKind kind, string value) => _tokens.Add(new Token(kind, value, _line));

    private void CountLines(string text) => _line += Lines(text);

    private static int Lines(string text) => text.AsSpan().Count('\n');

    private InputException Error(string found) => new($"{_name}, line {_line}: the chat template has {found}.");
}
