namespace GpuTransformer.Chat.Jinja;

/// <summary>Reads a template's statements.</summary>
internal sealed class Parser
{
    private const int MostDepth = 48;
    private readonly TokenReader _tokens;
    private readonly ExpressionParser _expressions;
    private int _depth;
    private int _loops;

    private Parser(string text, string name)
    {
        _tokens = new TokenReader(Lexer.Cut(text, name), name);
        _expressions = new ExpressionParser(_tokens);
    }

    /// <summary>The statements of a whole template.</summary>
    public static IReadOnlyList<Statement> Parse(string text, string name)
    {
        var parser = new Parser(text, name);
        return parser.Body();
    }

    // Reads until a tag that belongs to the statement around; that tag's name is then current.
    private List<Statement> Body(params ReadOnlySpan<string> endings)
    {
        if (++_depth > MostDepth)
        {
            throw _tokens.Error($"blocks deeper than {MostDepth} levels");
        }
        var body = new List<Statement>();
        while (_tokens.Current.Kind != TokenKind.End)
        {
            Token token = _tokens.Current;
            _tokens.Advance();
            if (token.Kind == TokenKind.Data)
            {
                body.Add(new DataStatement(token.Line, token.Value));
            }
            else if (token.Kind == TokenKind.OutputBegin)
            {
                body.Add(new OutputStatement(token.Line, _expressions.ParseTuple()));
                _tokens.Expect(TokenKind.OutputEnd, "'}}'");
            }
            else if (endings.Contains(_tokens.Current.Value))
            {
                _depth--;
                return body;
            }
            else
            {
                body.Add(Block(token.Line));
            }
        }
        if (endings.Length > 0)
        {
            throw _tokens.Error($"no {endings[^1]} before its end");
        }
        _depth--;
        return body;
    }

    private Statement Block(int line)
    {
        string tag = _tokens.Name();
        switch (tag)
        {
            case "if":
                return If(line);
            case "for":
                return For(line);
            case "set":
                return Set(line);
            case "macro":
                return Macro(line);
            case "call":
                return Call(line);
            case "filter":
                List<FilterOf> filters = [_expressions.ParseFilter(null), .. Filtered()];
                return new CaptureStatement(line, null, filters, Closed("endfilter"));
            case "with":
                return With(line);
            case "generation":
                return new GroupStatement(line, [], Closed("endgeneration"), scoped: false);
            case "break" or "continue" when _loops > 0:
                EndTag();
                return new JumpStatement(line, tag == "break");
            default:
                throw _tokens.Error($"the tag '{tag}', which is not supported here");
        }
    }

    private IfStatement If(int line)
    {
        var cases = new List<(Expression, IReadOnlyList<Statement>)>();
        List<Statement> otherwise = [];
        do
        {
            Expression condition = _expressions.ParseTuple();
            EndTag();
            cases.Add((condition, Body("elif", "else", "endif")));
        }
        while (_tokens.SkipName("elif"));
        if (_tokens.SkipName("else"))
        {
            EndTag();
            otherwise = Body("endif");
        }
        _tokens.Advance();
        EndTag();
        return new IfStatement(line, cases, otherwise);
    }

    private ForStatement For(int line)
    {
        Target target = Names(line, field: false);
        if (!_tokens.SkipName("in"))
        {
            throw _tokens.Error($"{_tokens.Current} where 'in' must stand");
        }
        Expression items = _expressions.Parse(choice: false);
        Expression? condition = _tokens.SkipName("if") ? _expressions.Parse() : null;
        EndTag();
        _loops++;
        List<Statement> body = Body("else", "endfor");
        _loops--;
        List<Statement> otherwise = [];
        if (_tokens.SkipName("else"))
        {
            EndTag();
            otherwise = Body("endfor");
        }
        _tokens.Advance();
        EndTag();
        return new ForStatement(line, target, items, condition, body, otherwise);
    }

    private Statement Set(int line)
    {
        Target target = Names(line, field: true);
        if (_tokens.Skip("="))
        {
            Expression value = _expressions.ParseTuple();
            EndTag();
            return new SetStatement(line, target, value);
        }
        List<FilterOf> filters = Filtered();
        return new CaptureStatement(line, target, filters, Closed("endset"));
    }

    private CallStatement Call(int line)
    {
        var parameters = _tokens.Current.Is("(") ? Parameters() : [];
        if (_expressions.Parse() is not CallOf call)
        {
            throw _tokens.Error("a tag 'call' without a call");
        }
        return new CallStatement(line, new MacroStatement(line, CallStatement.Caller, parameters, OutsideLoops("endcall")), call);
    }

    private MacroStatement Macro(int line)
    {
        string name = _tokens.Name();
        List<(string, Expression?)> parameters = Parameters();
        return new MacroStatement(line, name, parameters, OutsideLoops("endmacro"));
    }

    private List<(string, Expression?)> Parameters()
    {
        var parameters = new List<(string, Expression?)>();
        _tokens.Expect("(");
        while (!_tokens.Skip(")"))
        {
            string parameter = _tokens.Name();
            parameters.Add((parameter, _tokens.Skip("=") ? _expressions.Parse() : null));
            if (!_tokens.Current.Is(")"))
            {
                _tokens.Expect(",");
            }
        }
        return parameters;
    }

    private List<Statement> OutsideLoops(string ending)
    {
        int loops = _loops;
        _loops = 0;
        List<Statement> body = Closed(ending);
        _loops = loops;
        return body;
    }

    private GroupStatement With(int line)
    {
        var names = new List<(Target, Expression)>();
        while (_tokens.Current.Kind == TokenKind.Name)
        {
            var target = new Target(line, [_tokens.Name()], null);
            _tokens.Expect("=");
            names.Add((target, _expressions.Parse()));
            _tokens.Skip(",");
        }
        return new GroupStatement(line, names, Closed("endwith"), scoped: true);
    }

    private List<FilterOf> Filtered()
    {
        var filters = new List<FilterOf>();
        while (_tokens.Skip("|"))
        {
            filters.Add(_expressions.ParseFilter(null));
        }
        return filters;
    }

    // The end of this tag, a body, and the tag that closes it.
    private List<Statement> Closed(string ending)
    {
        EndTag();
        List<Statement> body = Body(ending);
        _tokens.Advance();
        EndTag();
        return body;
    }

    private Target Names(int line, bool field)
    {
        bool bracket = _tokens.Skip("(");
        var names = new List<string> { _tokens.Name() };
        string? member = null;
        if (field && _tokens.Skip("."))
        {
            member = _tokens.Name();
        }
        while (member is null && _tokens.Skip(","))
        {
            names.Add(_tokens.Name());
        }
        if (bracket)
        {
            _tokens.Expect(")");
        }
        return new Target(line, names, member);
    }

    private void EndTag() => _tokens.Expect(TokenKind.BlockEnd, "'%}'");
}
