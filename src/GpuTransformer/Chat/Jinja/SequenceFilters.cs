using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>Jinja's filters over lists.</summary>
internal static class SequenceFilters
{
    public static object? Apply(Frame frame, int line, string name, object? value, Arguments a) => name switch
    {
        "first" => Filters.Sequence(frame, value).Items is [var head, ..] ? head : new Undefined("first"),
        "last" => Filters.Sequence(frame, value).Items is [.., var tail] ? tail : new Undefined("last"),
        "list" => Filters.Sequence(frame, value),
        "reverse" => Reversed(frame, value),
        "unique" => Unique(frame, Filters.Sequence(frame, value)),
        "sort" => Sorted(frame, value, a),
        "min" => Sorted(frame, value, a).Items is [var least, ..] ? least : new Undefined("min"),
        "max" => Sorted(frame, value, a).Items is [.., var most] ? most : new Undefined("max"),
        "sum" => Filters.Attribute(frame, Filters.Sequence(frame, value), a.Get(0, "attribute")).Items
            .Aggregate(a.Get(1, "start", 0L), (sum, item) => Operators.Apply(frame, "+", sum, item)),
        "dictsort" => value is ValueMap map
            ? Sorted(frame, Members.Items(frame, map), new Arguments("dictsort", [],
                [("attribute", a.Get(1, "by") is MarkedText { Text: "value" } ? 1L : 0L), ("reverse", a.Get(2, "reverse", false)), ("case_sensitive", a.Get(0, "case_sensitive", false))]))
            : throw Filters.Wrong(frame, line, name, value),
        "map" => Mapped(frame, line, value, a),
        "select" => Chosen(frame, line, value, a, attribute: false, wanted: true),
        "reject" => Chosen(frame, line, value, a, attribute: false, wanted: false),
        "selectattr" => Chosen(frame, line, value, a, attribute: true, wanted: true),
        "rejectattr" => Chosen(frame, line, value, a, attribute: true, wanted: false),
        "batch" => Batched(frame, Filters.Sequence(frame, value), a),
        _ => throw frame.Error(line, $"the filter '{name}' is not supported"),
    };

    private static object Reversed(Frame frame, object? value)
    {
        ValueList items = Filters.Sequence(frame, value);
        var turned = new ValueList([.. items.Items.Reverse()]);
        return value is MarkedText ? TextMethods.Join(frame, MarkedText.Empty, turned) : turned;
    }

    private static ValueList Unique(Frame frame, ValueList list)
    {
        var kept = new List<object?>();
        foreach (object? item in list.Items)
        {
            if (!kept.Any(other => Operators.AreEqual(frame, Folded(frame, item, false), Folded(frame, other, false))))
            {
                kept.Add(item);
            }
        }
        return new ValueList(kept);
    }

    private static ValueList Sorted(Frame frame, object? value, Arguments a)
    {
        ValueList items = Filters.Sequence(frame, value);
        bool reverse = Operators.IsTrue(a.Get(0, "reverse", false));
        bool cased = Operators.IsTrue(a.Get(1, "case_sensitive", false));
        ValueList keys = Filters.Attribute(frame, items, a.Get(2, "attribute"));
        var order = Enumerable.Range(0, items.Items.Count).ToList();
        var folded = keys.Items.Select(key => Folded(frame, key, cased)).ToList();

        // A stable order, as Python's; every comparison costs a step.
        var comparer = Comparer<int>.Create((i, j) =>
        {
            frame.Budget.Spend();
            return Operators.Compare(folded[i], folded[j]);
        });
        try
        {
            IEnumerable<int> sorted = reverse ? order.OrderDescending(comparer) : order.Order(comparer);
            return new ValueList([.. sorted.Select(i => items.Items[i])]);
        }
        catch (InvalidOperationException error) when (error.InnerException is InputException inner)
        {
            throw new InputException(inner.Message);
        }
    }

    private static object? Folded(Frame frame, object? value, bool cased) =>
        value is MarkedText text && !cased ? TextMethods.Cased(frame, text, s => s.ToLowerInvariant()) : value;

    private static ValueList Mapped(Frame frame, int line, object? value, Arguments a)
    {
        ValueList items = Filters.Sequence(frame, value);
        if (a.Values.Count == 0)
        {
            object? fallback = a.Get(1, "default");
            ValueList found = Filters.Attribute(frame, items, a.Get(0, "attribute"));
            return new ValueList([.. found.Items.Select(item => item is Undefined && fallback is not null ? fallback : item)]);
        }
        string filter = a.Text(0, "filter").Text;
        var rest = new Arguments(filter, [.. a.Values.Skip(1)], a.Named);
        return new ValueList([.. items.Items.Select(item => Filters.Apply(frame, line, filter, item, rest))]);
    }

    private static ValueList Chosen(Frame frame, int line, object? value, Arguments a, bool attribute, bool wanted)
    {
        int test = attribute ? 1 : 0;
        var rest = new Arguments("select", [.. a.Values.Skip(test + 1)], a.Named);
        return new ValueList([.. Filters.Sequence(frame, value).Items.Where(item =>
        {
            frame.Budget.Spend();
            object? looked = attribute ? Filters.Path(frame, item, a.Text(0, "attribute")) : item;
            bool holds = a.Values.Count > test
                ? Tests.Holds(frame, line, a.Text(test, "test").Text, looked, rest)
                : Operators.IsTrue(looked);
            return holds == wanted;
        })]);
    }

    private static ValueList Batched(Frame frame, ValueList list, Arguments a)
    {
        int size = (int)Math.Clamp(a.Whole(0, "linecount", 1), 1, int.MaxValue);
        return new ValueList([.. list.Items.Chunk(size).Select(chunk => (object?)new ValueList(chunk))]);
    }
}
