using System.Globalization;
using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>Reads expressions by precedence, with Jinja's order: choice, or, and, not, comparison, + -, ~, * / // %, **,
/// sign, and then members, calls, filters and tests. Depth is limited, since each level is a call.</summary>
internal sealed class ExpressionParser(TokenReader tokens)
{
    private const int MostDepth = 48;

    private static readonly Dictionary<string, int> s_levels = new()
    {
        ["+"] = 1, ["-"] = 1, ["~"] = 2, ["*"] = 3, ["/"] = 3, ["//"] = 3, ["%"] = 3, ["**"] = 4,
    };

    private int _depth;

    /// <summary>A whole expression; with <paramref name="choice"/> a "… if … else …" may follow.</summary>
    public Expression Parse(bool choice = true)
    {
        if (++_depth > MostDepth)
        {
            throw tokens.Error($"brackets deeper than {MostDepth} levels");
        }
        Expression value = ParseOr();
        while (choice && tokens.SkipName("if"))
        {
            Expression condition = ParseOr();
            value = new Choice(value.Line, condition, value, tokens.SkipName("else") ? Parse() : null);
        }
        _depth--;
        return value;
    }

    /// <summary>One expression, or several with commas between as a tuple.</summary>
    public Expression ParseTuple()
    {
        Expression first = Parse();
        if (!tokens.Current.Is(","))
        {
            return first;
        }
        var items = new List<Expression> { first };
        while (tokens.Skip(",") && !EndsTuple())
        {
            items.Add(Parse());
        }
        return new ListOf(first.Line, items, isTuple: true);
    }

    /// <summary>A filter's or test's name and arguments.</summary>
    public FilterOf ParseFilter(Expression? of)
    {
        int line = tokens.Current.Line;
        string name = tokens.Name();
        return new FilterOf(line, of, name, tokens.Skip("(") ? ParseArguments() : CallArguments.None);
    }

    private bool EndsTuple() => tokens.Current.Kind is TokenKind.BlockEnd or TokenKind.OutputEnd || tokens.Current.Is(")");

    private Expression ParseOr()
    {
        Expression left = ParseAnd();
        while (tokens.SkipName("or"))
        {
            left = new Either(left.Line, isAnd: false, left, ParseAnd());
        }
        return left;
    }

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (tokens.SkipName("and"))
        {
            left = new Either(left.Line, isAnd: true, left, ParseNot());
        }
        return left;
    }

    private Expression ParseNot()
    {
        int line = tokens.Current.Line;
        int negations = 0;
        while (tokens.SkipName("not"))
        {
            negations++;
        }
        Expression value = ParseComparison();
        if (negations > 0)
        {
            value = new Not(line, value);
            return negations % 2 == 1 ? value : new Not(line, value);
        }
        return value;
    }

    private Expression ParseComparison()
    {
        Expression first = ParseBinary(1);
        var rest = new List<(string, Expression)>();
        while (true)
        {
            Token token = tokens.Current;
            if (token.Kind == TokenKind.Symbol && token.Value is "==" or "!=" or "<" or "<=" or ">" or ">=")
            {
                tokens.Advance();
                rest.Add((token.Value, ParseBinary(1)));
            }
            else if (tokens.SkipName("in"))
            {
                rest.Add(("in", ParseBinary(1)));
            }
            else if (token.IsName("not") && tokens.Following.IsName("in"))
            {
                tokens.Advance();
                tokens.Advance();
                rest.Add(("not in", ParseBinary(1)));
            }
            else
            {
                return rest.Count == 0 ? first : new Comparison(first.Line, first, rest);
            }
        }
    }

    private Expression ParseBinary(int level)
    {
        Expression left = ParseSigned();
        while (tokens.Current is { Kind: TokenKind.Symbol } token && s_levels.TryGetValue(token.Value, out int found) && found >= level)
        {
            tokens.Advance();
            left = new Binary(token.Line, token.Value, left, ParseBinary(found + 1));
        }
        return left;
    }

    private Expression ParseSigned(bool filters = true)
    {
        int line = tokens.Current.Line;
        int minus = 0;
        bool signed = false;
        while (tokens.Current.Is("-") || tokens.Current.Is("+"))
        {
            minus += tokens.Current.Is("-") ? 1 : 0;
            signed = true;
            tokens.Advance();
        }
        Expression value = ParseMembers(ParsePrimary());
        if (signed)
        {
            value = new Negative(line, value);
            value = minus % 2 == 1 ? value : new Negative(line, value);
        }
        return filters ? ParseFiltersAndTests(value) : value;
    }

    private Expression ParseFiltersAndTests(Expression value)
    {
        while (true)
        {
            if (tokens.Skip("|"))
            {
                value = ParseFilter(value);
            }
            else if (tokens.Current.IsName("is"))
            {
                tokens.Advance();
                value = ParseTest(value);
            }
            else if (tokens.Current.Is("("))
            {
                value = ParseMembers(value);
            }
            else
            {
                return value;
            }
        }
    }

    private TestOf ParseTest(Expression value)
    {
        bool negated = tokens.SkipName("not");
        int line = tokens.Current.Line;
        string name = tokens.Name();
        Token next = tokens.Current;
        CallArguments arguments = CallArguments.None;
        if (tokens.Skip("("))
        {
            arguments = ParseArguments();
        }
        else if (next.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float || next.Is("[") || next.Is("{")
            || (next.Kind == TokenKind.Name && next.Value is not ("and" or "or" or "else" or "is" or "if" or "in" or "not")))
        {
            arguments = new CallArguments([(ParseSigned(filters: false), false)], []);
        }
        return new TestOf(line, value, name, arguments, negated);
    }

    private Expression ParseMembers(Expression value)
    {
        while (true)
        {
            int line = tokens.Current.Line;
            if (tokens.Skip("."))
            {
                Token key = tokens.Current;
                tokens.Advance();
                value = key.Kind switch
                {
                    TokenKind.Float when key.Value.Split('.') is [var outer, var inner] =>
                        new Member(line, new Member(line, value, Place(line, outer), isAttribute: false), Place(line, inner), isAttribute: false),
                    TokenKind.Name => new Member(line, value, new Literal(line, MarkedText.Own(key.Value)), isAttribute: true),
                    TokenKind.Integer => new Member(line, value, new Literal(line, Whole(key)), isAttribute: false),
                    _ => throw tokens.Error($"{key} after a point"),
                };
            }
            else if (tokens.Skip("["))
            {
                value = ParseSubscript(value, line);
            }
            else if (tokens.Skip("("))
            {
                value = new CallOf(line, value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ParseSubscript(Expression value, int line)
    {
        var bounds = new Expression?[3];
        int place = 0;
        while (!tokens.Current.Is("]"))
        {
            if (tokens.Skip(":"))
            {
                if (++place > 2)
                {
                    throw tokens.Error("a slice with more than three parts");
                }
            }
            else if (bounds[place] is not null)
            {
                throw tokens.Error($"{tokens.Current} inside [ ]");
            }
            else
            {
                bounds[place] = Parse();
            }
        }
        tokens.Expect("]");
        return place > 0 ? new Slice(line, value, bounds[0], bounds[1], bounds[2])
            : new Member(line, value, bounds[0] ?? throw tokens.Error("nothing inside [ ]"), isAttribute: false);
    }

    private CallArguments ParseArguments()
    {
        var values = new List<(Expression, bool)>();
        var named = new List<(string?, Expression)>();
        while (!tokens.Skip(")"))
        {
            if (tokens.Skip("**"))
            {
                named.Add((null, Parse()));
            }
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Following.Is("="))
            {
                string name = tokens.Name();
                tokens.Expect("=");
                named.Add((name, Parse()));
            }
            else
            {
                bool spreads = tokens.Skip("*");
                values.Add((Parse(), spreads));
            }
            if (!tokens.Current.Is(")"))
            {
                tokens.Expect(",");
            }
        }
        return new CallArguments(values, named);
    }

    private Expression ParsePrimary()
    {
        Token token = tokens.Current;
        tokens.Advance();
        switch (token.Kind)
        {
            case TokenKind.Text:
                string text = token.Value;
                while (tokens.Current.Kind == TokenKind.Text)
                {
                    text += tokens.Current.Value;
                    tokens.Advance();
                }
                return new Literal(token.Line, MarkedText.Own(text));
            case TokenKind.Integer:
                return new Literal(token.Line, Whole(token));
            case TokenKind.Float:
                return new Literal(token.Line, double.Parse(token.Value, CultureInfo.InvariantCulture));
            case TokenKind.Name:
                return token.Value switch
                {
                    "true" or "True" => new Literal(token.Line, true),
                    "false" or "False" => new Literal(token.Line, false),
                    "none" or "None" => new Literal(token.Line, null),
                    _ => new NameOf(token.Line, token.Value),
                };
            case TokenKind.Symbol when token.Value == "(":
                if (tokens.Skip(")"))
                {
                    return new ListOf(token.Line, [], isTuple: true);
                }
                Expression inside = ParseTuple();
                tokens.Expect(")");
                return inside;
            case TokenKind.Symbol when token.Value == "[":
                return new ListOf(token.Line, ParseItems("]"));
            case TokenKind.Symbol when token.Value == "{":
                return ParseMap(token.Line);
            default:
                throw tokens.Error($"{token} where a value must stand");
        }
    }

    private List<Expression> ParseItems(string closing)
    {
        var items = new List<Expression>();
        while (!tokens.Skip(closing))
        {
            items.Add(Parse());
            if (!tokens.Current.Is(closing))
            {
                tokens.Expect(",");
            }
        }
        return items;
    }

    private MapOf ParseMap(int line)
    {
        var entries = new List<(Expression, Expression)>();
        while (!tokens.Skip("}"))
        {
            Expression key = Parse();
            tokens.Expect(":");
            entries.Add((key, Parse()));
            if (!tokens.Current.Is("}"))
            {
                tokens.Expect(",");
            }
        }
        return new MapOf(line, entries);
    }

    private Literal Place(int line, string digits) => new(line, Whole(new Token(TokenKind.Integer, digits, line)));

    private long Whole(Token token) => long.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? number
        : throw tokens.Error($"the number {token.Value[..Math.Min(40, token.Value.Length)]}");
}
