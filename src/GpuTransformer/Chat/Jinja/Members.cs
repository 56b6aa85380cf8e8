using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>What a template may reach inside a value: entries, places, and the methods of Python's strings and mappings
/// that change nothing. There is nothing else, so no name leads to a .NET object.</summary>
internal static class Members
{
    public static object? Get(Frame frame, object? target, object? key, bool isAttribute)
    {
        string? name = (key as MarkedText)?.Text;
        switch (target)
        {
            case ValueMap map:
                // A method wins over an entry when asked for with a point, as in Jinja.
                return isAttribute && name is not null && MapMethod(map, name) is { } method ? method
                    : map.TryGet(key, out object? value) ? value
                    : new Undefined(name ?? Operators.KindOf(key));
            case Namespace space:
                return name is not null && space.Fields.TryGetValue(name, out object? field) ? field : new Undefined(name ?? "field");
            case ValueList list when key is long place:
                long at = place < 0 ? place + list.Items.Count : place;
                return at >= 0 && at < list.Items.Count ? list.Items[(int)at] : new Undefined($"item {place}");
            case MarkedText text when key is long place:
                long where = place < 0 ? place + text.Length : place;
                return where >= 0 && where < text.Length ? text.Slice((int)where, 1) : new Undefined($"character {place}");
            case MarkedText text when isAttribute && name is not null && TextMethods.Find(text, name) is { } textMethod:
                return textMethod;
            case ValueList list when isAttribute && name is "index" or "count":
                return new Function(name!, (f, arguments) => name == "count"
                    ? list.Items.LongCount(item => Operators.AreEqual(f, item, arguments.Get(0, "value")))
                    : IndexOf(f, list, arguments.Get(0, "value")));
            case Function function when isAttribute && name == "name":
                return MarkedText.Own(function.Name);
            default:
                return new Undefined(name ?? Operators.KindOf(key));
        }
    }

    private static long IndexOf(Frame frame, ValueList list, object? value)
    {
        for (int i = 0; i < list.Items.Count; i++)
        {
            if (Operators.AreEqual(frame, list.Items[i], value))
            {
                return i;
            }
        }
        throw new InputException($"{frame.Template}: the template asks for the place of something that is not in the list.");
    }

    private static Function? MapMethod(ValueMap map, string name) => name switch
    {
        "items" => new Function(name, (frame, _) => Items(frame, map)),
        "keys" => new Function(name, (frame, _) => Listed(frame, map.Entries.Select(entry => entry.Key))),
        "values" => new Function(name, (frame, _) => Listed(frame, map.Entries.Select(entry => entry.Value))),
        "get" => new Function(name, (_, arguments) =>
            map.TryGet(arguments.Get(0, "key"), out object? value) ? value : arguments.Get(1, "default")),
        "copy" => new Function(name, (_, _) => map),
        _ => null,
    };

    public static ValueList Items(Frame frame, ValueMap map) =>
        Listed(frame, map.Entries.Select(entry => (object?)new ValueList([entry.Key, entry.Value], isTuple: true)));

    private static ValueList Listed(Frame frame, IEnumerable<object?> values)
    {
        var list = values.ToList();
        frame.Budget.Spend(list.Count);
        return new ValueList(list);
    }
}
