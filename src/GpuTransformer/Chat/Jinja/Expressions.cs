using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>An expression of a template.</summary>
internal abstract class Expression(int line)
{
    public int Line => line;

    /// <summary>Its value. Every evaluation costs a step and one level of depth.</summary>
    public object? Value(Frame frame)
    {
        frame.Budget.Spend();
        frame.Budget.Enter();
        object? value = Evaluate(frame);
        frame.Budget.Leave();
        return value;
    }

    protected abstract object? Evaluate(Frame frame);
}

internal sealed class Literal(int line, object? value) : Expression(line)
{
    protected override object? Evaluate(Frame frame) => value;
}

internal sealed class NameOf(int line, string name) : Expression(line)
{
    public string Name => name;

    protected override object? Evaluate(Frame frame) => frame.Find(name);
}

internal sealed class ListOf(int line, IReadOnlyList<Expression> items, bool isTuple = false) : Expression(line)
{
    protected override object? Evaluate(Frame frame) => new ValueList([.. items.Select(item => item.Value(frame))], isTuple);
}

internal sealed class MapOf(int line, IReadOnlyList<(Expression Key, Expression Value)> entries) : Expression(line)
{
    protected override object? Evaluate(Frame frame)
    {
        var map = new ValueMap();
        foreach ((Expression key, Expression value) in entries)
        {
            map.Set(key.Value(frame), value.Value(frame));
        }
        return map;
    }
}

/// <summary>a.name or a[key].</summary>
internal sealed class Member(int line, Expression of, Expression key, bool isAttribute) : Expression(line)
{
    protected override object? Evaluate(Frame frame)
    {
        object? target = of.Value(frame);
        object? index = key.Value(frame);
        if (target is Undefined undefined)
        {
            throw frame.Error(Line, $"'{undefined.Name}' is undefined");
        }
        return Members.Get(frame, target, index, isAttribute);
    }
}

/// <summary>a[start:stop:step].</summary>
internal sealed class Slice(int line, Expression of, Expression? start, Expression? stop, Expression? step) : Expression(line)
{
    protected override object? Evaluate(Frame frame)
    {
        object? target = of.Value(frame);
        long by = Bound(frame, step) ?? 1;
        int count = target switch
        {
            MarkedText text => text.Length,
            ValueList list => list.Items.Count,
            _ => throw frame.Error(Line, $"a slice of {Operators.KindOf(target)}"),
        };
        if (by == 0)
        {
            throw frame.Error(Line, "a slice with step 0");
        }
        long first = Place(Bound(frame, start), by > 0 ? 0 : count - 1, count, by);
        long last = Place(Bound(frame, stop), by > 0 ? count : -1, count, by);
        frame.Budget.Spend(1 + count);
        if (target is MarkedText whole && by == 1)
        {
            return whole.Slice((int)first, (int)(last - first));
        }
        var places = new List<int>();
        for (long i = first; by > 0 ? i < last : i > last; i += by)
        {
            places.Add((int)i);
        }
        if (target is ValueList items)
        {
            return new ValueList([.. places.Select(i => items.Items[i])]);
        }
        var builder = new MarkedText.Builder();
        places.ForEach(i => builder.Append((MarkedText)target!, i, 1));
        return builder.ToText();
    }

    private long? Bound(Frame frame, Expression? bound) => bound?.Value(frame) switch
    {
        null => null,
        long number => number,
        var other => throw frame.Error(Line, $"a slice from or to {Operators.KindOf(other)}"),
    };

    // Python's rule: from the end where negative, and never outside.
    private static long Place(long? given, long missing, int count, long step)
    {
        if (given is not { } place)
        {
            return missing;
        }
        place += place < 0 ? count : 0;
        return Math.Clamp(place, step > 0 ? 0 : -1, step > 0 ? count : count - 1);
    }
}

internal sealed class CallOf(int line, Expression of, CallArguments arguments) : Expression(line)
{
    /// <summary>Calls with arguments beside those that are written.</summary>
    public object? Call(Frame frame, params IEnumerable<(string Name, object? Value)> more)
    {
        object? target = of.Value(frame);
        return target switch
        {
            Function function => function.Call(frame, arguments.Evaluate(frame, function.Name, more)),
            Undefined undefined => throw frame.Error(Line, $"the function '{undefined.Name}' is not supported"),
            _ => throw frame.Error(Line, $"a call of {Operators.KindOf(target)}"),
        };
    }

    protected override object? Evaluate(Frame frame) => Call(frame);
}

internal sealed class FilterOf(int line, Expression? of, string name, CallArguments arguments) : Expression(line)
{
    protected override object? Evaluate(Frame frame) => Apply(frame, of!.Value(frame));

    public object? Apply(Frame frame, object? value) =>
        Filters.Apply(frame, Line, name, value, arguments.Evaluate(frame, name));
}

internal sealed class TestOf(int line, Expression of, string name, CallArguments arguments, bool negated) : Expression(line)
{
    protected override object? Evaluate(Frame frame) =>
        Tests.Holds(frame, Line, name, of.Value(frame), arguments.Evaluate(frame, name)) != negated;
}

internal sealed class Binary(int line, string symbol, Expression left, Expression right) : Expression(line)
{
    protected override object? Evaluate(Frame frame) => Operators.Apply(frame, symbol, left.Value(frame), right.Value(frame));
}

internal sealed class Negative(int line, Expression of) : Expression(line)
{
    protected override object? Evaluate(Frame frame) => of.Value(frame) switch
    {
        long number when number > long.MinValue => (object)-number,
        double number => -number,
        bool flag => flag ? -1L : 0L,
        var other => throw frame.Error(Line, $"minus {Operators.KindOf(other)}"),
    };
}

internal sealed class Not(int line, Expression of) : Expression(line)
{
    protected override object? Evaluate(Frame frame) => !Operators.IsTrue(of.Value(frame));
}

/// <summary>a and b, a or b: as in Python, the value that decided.</summary>
internal sealed class Either(int line, bool isAnd, Expression left, Expression right) : Expression(line)
{
    protected override object? Evaluate(Frame frame)
    {
        object? first = left.Value(frame);
        return Operators.IsTrue(first) == isAnd ? right.Value(frame) : first;
    }
}

/// <summary>a if b else c; without else undefined.</summary>
internal sealed class Choice(int line, Expression condition, Expression yes, Expression? no) : Expression(line)
{
    protected override object? Evaluate(Frame frame) =>
        Operators.IsTrue(condition.Value(frame)) ? yes.Value(frame) : no is null ? new Undefined("else") : no.Value(frame);
}

/// <summary>a &lt; b == c in d: each neighbour pair must hold.</summary>
internal sealed class Comparison(int line, Expression first, IReadOnlyList<(string Symbol, Expression Right)> rest) : Expression(line)
{
    protected override object? Evaluate(Frame frame)
    {
        object? left = first.Value(frame);
        foreach ((string symbol, Expression expression) in rest)
        {
            object? right = expression.Value(frame);
            bool holds = symbol switch
            {
                "==" => Operators.AreEqual(frame, left, right),
                "!=" => !Operators.AreEqual(frame, left, right),
                "in" => Operators.Contains(frame, right, left),
                "not in" => !Operators.Contains(frame, right, left),
                "<" => Operators.Compare(left, right) < 0,
                "<=" => Operators.Compare(left, right) <= 0,
                ">" => Operators.Compare(left, right) > 0,
                _ => Operators.Compare(left, right) >= 0,
            };
            if (!holds)
            {
                return false;
            }
            left = right;
        }
        return true;
    }
}

/// <summary>What stands between the brackets of a call, a filter or a test.</summary>
/// <param name="values">Arguments by place; those that spread are lists whose elements are arguments.</param>
/// <param name="named">Arguments by name; those without one are mappings whose entries are arguments.</param>
internal sealed class CallArguments(
    IReadOnlyList<(Expression Value, bool Spreads)> values, IReadOnlyList<(string? Name, Expression Value)> named)
{
    public static readonly CallArguments None = new([], []);

    public Arguments Evaluate(Frame frame, string of, params IEnumerable<(string, object?)> more)
    {
        var places = new List<object?>();
        foreach ((Expression expression, bool spreads) in values)
        {
            object? value = expression.Value(frame);
            places.AddRange(spreads ? Filters.Sequence(frame, value).Items : [value]);
        }
        var names = new List<(string, object?)>(more);
        foreach ((string? name, Expression expression) in named)
        {
            object? value = expression.Value(frame);
            names.AddRange(name is not null ? [(name, value)] : Entries(frame, value));
        }
        return new Arguments(of, places, names);
    }

    private static IEnumerable<(string, object?)> Entries(Frame frame, object? value) => value is ValueMap map
        ? map.Entries.Select(entry => (Operators.ToText(frame, entry.Key).Text, entry.Value))
        : throw new InputException($"{frame.Template}: the template spreads {Operators.KindOf(value)} over named arguments.");
}
