namespace GpuTransformer.Chat.Jinja;

/// <summary>Reads expressions by precedence, with Jinja's order: choice, or, and, not, comparison, + -, ~, * / // %, **,
/// sign, and then members, calls, filters and tests. Depth is limited, since each level is a call.</summary>
internal sealed class ExpressionParser
{
    private const int MostDepth = 48;

    private static readonly Dictionary<string, int> s_levels = new()
    {
        ["+"] = 1,
        ["-"] = 1,
        ["~"] = 2,
        ["*"] = 3,
        ["/"] = 3,
        ["//"] = 3,
        ["%"] = 3,
        ["**"] = 4,
    };

    private readonly TokenReader _tokens;
    private readonly OperandParser _operands;
    private int _depth;

    public ExpressionParser(TokenReader tokens) => (_tokens, _operands) = (tokens, new OperandParser(tokens, this));

    /// <summary>A whole expression; with <paramref name="choice"/> a "… if … else …" may follow.</summary>
    public Expression Parse(bool choice = true)
    {
        if (++_depth > MostDepth)
        {
            throw _tokens.Error($"brackets deeper than {MostDepth} levels");
        }
        Expression value = ParseOr();
        while (choice && _tokens.SkipName("if"))
        {
            Expression condition = ParseOr();
            value = new Choice(value.Line, condition, value, _tokens.SkipName("else") ? Parse() : null);
        }
        _depth--;
        return value;
    }

    /// <summary>One expression, or several with commas between as a tuple.</summary>
    public Expression ParseTuple()
    {
        Expression first = Parse();
        if (!_tokens.Current.Is(","))
        {
            return first;
        }
        var items = new List<Expression> { first };
        while (_tokens.Skip(",") && !EndsTuple())
        {
            items.Add(Parse());
        }
        return new ListOf(first.Line, items, isTuple: true);
    }

    /// <summary>A filter's or test's name and arguments.</summary>
    public FilterOf ParseFilter(Expression? of)
    {
        int line = _tokens.Current.Line;
        string name = _tokens.Name();
        return new FilterOf(line, of, name, _tokens.Skip("(") ? _operands.ParseArguments() : CallArguments.None);
    }

    private bool EndsTuple() => _tokens.Current.Kind is TokenKind.BlockEnd or TokenKind.OutputEnd || _tokens.Current.Is(")");

    private Expression ParseOr()
    {
        Expression left = ParseAnd();
        while (_tokens.SkipName("or"))
        {
            left = new Either(left.Line, isAnd: false, left, ParseAnd());
        }
        return left;
    }

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (_tokens.SkipName("and"))
        {
            left = new Either(left.Line, isAnd: true, left, ParseNot());
        }
        return left;
    }

    private Expression ParseNot()
    {
        int line = _tokens.Current.Line;
        int negations = 0;
        while (_tokens.SkipName("not"))
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
            Token token = _tokens.Current;
            if (token.Kind == TokenKind.Symbol && token.Value is "==" or "!=" or "<" or "<=" or ">" or ">=")
            {
                _tokens.Advance();
                rest.Add((token.Value, ParseBinary(1)));
            }
            else if (_tokens.SkipName("in"))
            {
                rest.Add(("in", ParseBinary(1)));
            }
            else if (token.IsName("not") && _tokens.Following.IsName("in"))
            {
                _tokens.Advance();
                _tokens.Advance();
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
        while (_tokens.Current is { Kind: TokenKind.Symbol } token && s_levels.TryGetValue(token.Value, out int found) && found >= level)
        {
            _tokens.Advance();
            left = new Binary(token.Line, token.Value, left, ParseBinary(found + 1));
        }
        return left;
    }

    private Expression ParseSigned(bool filters = true)
    {
        int line = _tokens.Current.Line;
        int minus = 0;
        bool signed = false;
        while (_tokens.Current.Is("-") || _tokens.Current.Is("+"))
        {
            minus += _tokens.Current.Is("-") ? 1 : 0;
            signed = true;
            _tokens.Advance();
        }
        Expression value = _operands.Parse();
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
            if (_tokens.Skip("|"))
            {
                value = ParseFilter(value);
            }
            else if (_tokens.Current.IsName("is"))
            {
                _tokens.Advance();
                value = ParseTest(value);
            }
            else if (_tokens.Current.Is("("))
            {
                value = _operands.ParseMembers(value);
            }
            else
            {
                return value;
            }
        }
    }

    private TestOf ParseTest(Expression value)
    {
        bool negated = _tokens.SkipName("not");
        int line = _tokens.Current.Line;
        string name = _tokens.Name();
        Token next = _tokens.Current;
        CallArguments arguments = CallArguments.None;
        if (_tokens.Skip("("))
        {
            arguments = _operands.ParseArguments();
        }
        else if (next.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float || next.Is("[") || next.Is("{")
            || (next.Kind == TokenKind.Name && next.Value is not ("and" or "or" or "else" or "is" or "if" or "in" or "not")))
        {
            arguments = new CallArguments([(ParseSigned(filters: false), false)], []);
        }
        return new TestOf(line, value, name, arguments, negated);
    }
}
