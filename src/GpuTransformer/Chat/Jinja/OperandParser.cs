using System.Globalization;

namespace GpuTransformer.Chat.Jinja;

/// <summary>Reads what operators stand between: literals, names, brackets, and the members and calls behind them.</summary>
internal sealed class OperandParser(TokenReader tokens, ExpressionParser expressions)
{
    /// <summary>An operand.</summary>
    public Expression Parse() => ParseMembers(ParsePrimary());

    /// <summary>The members, subscripts and calls that follow a value.</summary>
    public Expression ParseMembers(Expression value)
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
                bounds[place] = expressions.Parse();
            }
        }
        tokens.Expect("]");
        return place > 0 ? new Slice(line, value, bounds[0], bounds[1], bounds[2])
            : new Member(line, value, bounds[0] ?? throw tokens.Error("nothing inside [ ]"), isAttribute: false);
    }

    /// <summary>What stands between the brackets of a call, the first of which is read.</summary>
    public CallArguments ParseArguments()
    {
        var values = new List<(Expression, bool)>();
        var named = new List<(string?, Expression)>();
        while (!tokens.Skip(")"))
        {
            if (tokens.Skip("**"))
            {
                named.Add((null, expressions.Parse()));
            }
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Following.Is("="))
            {
                string name = tokens.Name();
                tokens.Expect("=");
                named.Add((name, expressions.Parse()));
            }
            else
            {
                bool spreads = tokens.Skip("*");
                values.Add((expressions.Parse(), spreads));
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
                Expression inside = expressions.ParseTuple();
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
            items.Add(expressions.Parse());
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
            Expression key = expressions.Parse();
            tokens.Expect(":");
            entries.Add((key, expressions.Parse()));
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
