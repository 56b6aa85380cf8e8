namespace GpuTransformer.Chat.Jinja;

/// <summary>{% for target in items if condition %} … {% else %} … {% endfor %}.</summary>
internal sealed class ForStatement(
    int line, Target target, Expression items, Expression? condition, IReadOnlyList<Statement> body, IReadOnlyList<Statement> otherwise)
    : Statement(line)
{
    public override Next Run(Frame frame)
    {
        object? over = items.Value(frame);
        IReadOnlyList<object?> all = Filters.Sequence(frame, over).Items;
        var chosen = condition is null ? all : [.. all.Where(item => Holds(frame, item))];
        if (chosen.Count == 0)
        {
            return RunAll(otherwise, frame);
        }
        object? changed = new Undefined("loop.changed");
        for (int i = 0; i < chosen.Count; i++)
        {
            Frame inner = frame.Inner();
            target.Set(inner, chosen[i]);
            inner.Set("loop", Loop(chosen, i, () => changed, value => changed = value));
            if (RunAll(body, inner) == Next.Break)
            {
                break;
            }
        }
        return Next.GoOn;
    }

    private bool Holds(Frame frame, object? item)
    {
        Frame inner = frame.Inner();
        target.Set(inner, item);
        return Operators.IsTrue(condition!.Value(inner));
    }

    private static ValueMap Loop(IReadOnlyList<object?> items, int i, Func<object?> last, Action<object?> remember)
    {
        var loop = new ValueMap();
        loop.Set("index", (long)i + 1);
        loop.Set("index0", (long)i);
        loop.Set("revindex", (long)items.Count - i);
        loop.Set("revindex0", (long)items.Count - i - 1);
        loop.Set("first", i == 0);
        loop.Set("last", i == items.Count - 1);
        loop.Set("length", (long)items.Count);
        loop.Set("previtem", i > 0 ? items[i - 1] : new Undefined("loop.previtem"));
        loop.Set("nextitem", i + 1 < items.Count ? items[i + 1] : new Undefined("loop.nextitem"));
        loop.Set("cycle", new Function("loop.cycle", (_, a) => a.Values.Count == 0 ? new Undefined("cycle") : a.Values[i % a.Values.Count]));
        loop.Set("changed", new Function("loop.changed", (frame, a) =>
        {
            object? now = new ValueList([.. a.Values]);
            bool differs = !Operators.AreEqual(frame, now, last());
            remember(now);
            return differs;
        }));
        return loop;
    }
}
