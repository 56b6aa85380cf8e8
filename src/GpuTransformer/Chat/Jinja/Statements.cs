namespace GpuTransformer.Chat.Jinja;

/// <summary>A statement of a template.</summary>
internal abstract class Statement(int line)
{
    public int Line => line;

    /// <summary>What a statement asks of the loop around it.</summary>
    public enum Next
    {
        GoOn,
        Break,
        Continue,
    }

    public abstract Next Run(Frame frame);

    protected static Next RunAll(IReadOnlyList<Statement> body, Frame frame)
    {
        frame.Budget.Enter();
        foreach (Statement statement in body)
        {
            frame.Budget.Spend();
            Next next = statement.Run(frame);
            if (next != Next.GoOn)
            {
                frame.Budget.Leave();
                return next;
            }
        }
        frame.Budget.Leave();
        return Next.GoOn;
    }
}

/// <summary>Text outside of tags.</summary>
internal sealed class DataStatement(int line, string text) : Statement(line)
{
    private readonly MarkedText _text = MarkedText.Own(text);

    public override Next Run(Frame frame)
    {
        frame.Write(_text);
        return Next.GoOn;
    }
}

/// <summary>{{ expression }}.</summary>
internal sealed class OutputStatement(int line, Expression of) : Statement(line)
{
    public override Next Run(Frame frame)
    {
        frame.Write(Operators.ToText(frame, of.Value(frame)));
        return Next.GoOn;
    }
}

/// <summary>{% if %} with its elif and else.</summary>
internal sealed class IfStatement(
    int line, IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> cases, IReadOnlyList<Statement> otherwise)
    : Statement(line)
{
    public override Next Run(Frame frame)
    {
        foreach ((Expression condition, IReadOnlyList<Statement> body) in cases)
        {
            if (Operators.IsTrue(condition.Value(frame)))
            {
                return RunAll(body, frame);
            }
        }
        return RunAll(otherwise, frame);
    }
}

/// <summary>What is set: a name, several, or a field of a namespace.</summary>
internal sealed class Target(int line, IReadOnlyList<string> names, string? field)
{
    public void Set(Frame frame, object? value)
    {
        if (field is not null)
        {
            if (frame.Find(names[0]) is not Namespace space)
            {
                throw frame.Error(line, $"'{names[0]}.{field}' is set, and '{names[0]}' is not a namespace");
            }
            space.Fields[field] = value;
            return;
        }
        if (names.Count == 1)
        {
            frame.Set(names[0], value);
            return;
        }
        if (value is not ValueList list || list.Items.Count != names.Count)
        {
            throw frame.Error(line, $"{names.Count} names are set from {Operators.KindOf(value)}");
        }
        for (int i = 0; i < names.Count; i++)
        {
            frame.Set(names[i], list.Items[i]);
        }
    }
}

/// <summary>{% set name = expression %}.</summary>
internal sealed class SetStatement(int line, Target target, Expression value) : Statement(line)
{
    public override Next Run(Frame frame)
    {
        target.Set(frame, value.Value(frame));
        return Next.GoOn;
    }
}

/// <summary>{% set name %} … {% endset %} and {% filter name %} … {% endfilter %}: what the body writes, as a value.</summary>
internal sealed class CaptureStatement(int line, Target? target, IReadOnlyList<FilterOf> filters, IReadOnlyList<Statement> body)
    : Statement(line)
{
    public override Next Run(Frame frame)
    {
        Frame apart = frame.Apart();
        Next next = RunAll(body, apart);
        object? value = apart.Output.ToText();
        foreach (FilterOf filter in filters)
        {
            value = filter.Apply(frame, value);
        }
        if (target is null)
        {
            frame.Write(Operators.ToText(frame, value));
        }
        else
        {
            target.Set(frame, value);
        }
        return next;
    }
}

/// <summary>{% with a = 1 %}, and blocks that only group: {% generation %}.</summary>
internal sealed class GroupStatement(int line, IReadOnlyList<(Target Target, Expression Value)> names, IReadOnlyList<Statement> body, bool scoped)
    : Statement(line)
{
    public override Next Run(Frame frame)
    {
        Frame inner = scoped ? frame.Inner() : frame;
        foreach ((Target target, Expression value) in names)
        {
            target.Set(inner, value.Value(frame));
        }
        return RunAll(body, inner);
    }
}

/// <summary>{% break %} and {% continue %}.</summary>
internal sealed class JumpStatement(int line, bool isBreak) : Statement(line)
{
    public override Next Run(Frame frame) => isBreak ? Next.Break : Next.Continue;
}

/// <summary>{% macro name(a, b=1) %}.</summary>
internal sealed class MacroStatement(
    int line, string name, IReadOnlyList<(string Name, Expression? Default)> parameters, IReadOnlyList<Statement> body)
    : Statement(line)
{
    public override Next Run(Frame frame)
    {
        frame.Set(name, new Function(name, (_, arguments) => Call(frame, arguments)));
        return Next.GoOn;
    }

    /// <summary>What the body writes for these arguments, with the names of where it was written.</summary>
    public MarkedText Call(Frame frame, Arguments arguments)
    {
        arguments.Allow(parameters.Count, [.. parameters.Select(p => p.Name), CallStatement.Caller]);
        Frame inner = frame.Apart();
        inner.Set(CallStatement.Caller, arguments.Get(int.MaxValue, CallStatement.Caller, new Undefined(CallStatement.Caller)));
        frame.Budget.Enter();
        for (int i = 0; i < parameters.Count; i++)
        {
            (string parameter, Expression? fallback) = parameters[i];
            bool given = i < arguments.Values.Count || arguments.Named.Any(pair => pair.Name == parameter);
            inner.Set(parameter, given ? arguments.Get(i, parameter) : fallback is null ? new Undefined(parameter) : fallback.Value(inner));
        }
        RunAll(body, inner);
        frame.Budget.Leave();
        return inner.Output.ToText();
    }
}

/// <summary>{% call(a) macro(b) %} … {% endcall %}: the macro may ask for the body by caller(a).</summary>
internal sealed class CallStatement(int line, MacroStatement body, CallOf call) : Statement(line)
{
    public const string Caller = "caller";

    public override Next Run(Frame frame)
    {
        var caller = new Function(Caller, (_, arguments) => body.Call(frame, arguments));
        frame.Write(Operators.ToText(frame, call.Call(frame, (Caller, caller))));
        return Next.GoOn;
    }
}
