using System.Globalization;
using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>Jinja's filters that chat templates use.</summary>
internal static class Filters
{
    public static object? Apply(Frame frame, int line, string name, object? value, Arguments a)
    {
        frame.Budget.Spend();
        return name switch
        {
            "trim" => TextMethods.Trim(Text(frame, value), (a.Get(0, "chars") as MarkedText)?.Text, start: true, end: true),
            "upper" => TextMethods.Cased(frame, Text(frame, value), s => s.ToUpperInvariant()),
            "lower" => TextMethods.Cased(frame, Text(frame, value), s => s.ToLowerInvariant()),
            "title" => TextMethods.Cased(frame, Text(frame, value), TextMethods.Title),
            "capitalize" => TextMethods.Cased(frame, Text(frame, value), TextMethods.Capital),
            "string" or "safe" => Text(frame, value),
            "length" or "count" => Length(frame, line, value),
            "default" or "d" => value is Undefined || (Operators.IsTrue(a.Get(1, "boolean", false)) && !Operators.IsTrue(value))
                ? a.Get(0, "default_value", MarkedText.Empty) : value,
            "join" => TextMethods.Join(frame, a.Text(0, "d", MarkedText.Empty), Attribute(frame, Sequence(frame, value), a.Get(1, "attribute"))),
            "replace" => TextMethods.Replace(frame, Text(frame, value), a.Text(0, "old"), a.Text(1, "new"), a.Whole(2, "count", -1)),
            "tojson" => JsonOutput.Write(frame, value, a),
            "int" => Whole(value, a.Get(0, "default", 0L)),
            "float" => Real(value, a.Get(0, "default", 0.0)),
            "abs" => value is long n and > long.MinValue ? Math.Abs(n) : value is double d ? (object)Math.Abs(d) : throw Wrong(frame, line, name, value),
            "round" => Math.Round(Operators.Number(value) ?? throw Wrong(frame, line, name, value), (int)Math.Clamp(a.Whole(0, "precision", 0), 0, 15), MidpointRounding.ToEven),
            "indent" => Indent(frame, Text(frame, value), a),
            "escape" or "e" => Escape(frame, Text(frame, value)),
            "items" => value is ValueMap map ? Members.Items(frame, map) : value is Undefined ? new ValueList([]) : throw Wrong(frame, line, name, value),
            _ => SequenceFilters.Apply(frame, line, name, value, a),
        };
    }

    /// <summary>The elements of a list, the characters of a string, the keys of a mapping.</summary>
    public static ValueList Sequence(Frame frame, object? value)
    {
        switch (value)
        {
            case ValueList list:
                frame.Budget.Spend(list.Items.Count);
                return list;
            case ValueMap map:
                frame.Budget.Spend(map.Entries.Count);
                return new ValueList([.. map.Entries.Select(entry => entry.Key)]);
            case MarkedText text:
                frame.Budget.Spend(text.Length);
                return new ValueList([.. Enumerable.Range(0, text.Length).Select(i => text.Slice(i, 1))]);
            case Undefined:
                return new ValueList([]);
            default:
                throw new InputException($"{frame.Template}: the template goes over {Operators.KindOf(value)}.");
        }
    }

    /// <summary>The named attribute of each element, or the elements.</summary>
    public static ValueList Attribute(Frame frame, ValueList list, object? attribute) => attribute switch
    {
        null => list,
        MarkedText name => new ValueList([.. list.Items.Select(item => Path(frame, item, name))]),
        long place => new ValueList([.. list.Items.Select(item => Members.Get(frame, item, place, isAttribute: false))]),
        _ => throw new InputException($"{frame.Template}: the template names an attribute by {Operators.KindOf(attribute)}."),
    };

    /// <summary>An attribute of an attribute: "a.b".</summary>
    public static object? Path(Frame frame, object? item, MarkedText name)
    {
        foreach (string part in name.Text.Split('.'))
        {
            frame.Budget.Spend();
            object? key = long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long place) ? place : MarkedText.Own(part);
            item = Members.Get(frame, item, key, isAttribute: false);
        }
        return item;
    }

    public static InputException Wrong(Frame frame, int line, string name, object? value) =>
        frame.Error(line, $"the filter {name} does not take {Operators.KindOf(value)}");

    private static MarkedText Text(Frame frame, object? value) => Operators.ToText(frame, value);

    private static long Length(Frame frame, int line, object? value) => value switch
    {
        MarkedText text => text.Length,
        ValueList list => list.Items.Count,
        ValueMap map => map.Entries.Count,
        Undefined => 0,
        _ => throw Wrong(frame, line, "length", value),
    };

    private static object? Whole(object? value, object? fallback) => value switch
    {
        MarkedText text when long.TryParse(text.Text.Trim(), CultureInfo.InvariantCulture, out long number) => number,
        MarkedText text when double.TryParse(text.Text, CultureInfo.InvariantCulture, out double real) => Whole(real, fallback),
        double real => double.IsFinite(real) && Math.Abs(real) < long.MaxValue ? (long)real : fallback,
        long or bool => (long)Operators.Number(value)!,
        _ => fallback,
    };

    private static object? Real(object? value, object? fallback) => value switch
    {
        MarkedText text => double.TryParse(text.Text, CultureInfo.InvariantCulture, out double real) ? real : fallback,
        _ => Operators.Number(value) ?? fallback,
    };

    private static MarkedText Indent(Frame frame, MarkedText text, Arguments a)
    {
        object? width = a.Get(0, "width", 4L);
        MarkedText blanks = width is MarkedText given ? given : MarkedText.Own(new string(' ', (int)Math.Clamp(a.Whole(0, "width", 4), 0, 1000)));
        bool first = Operators.IsTrue(a.Get(1, "first", false));
        bool blank = Operators.IsTrue(a.Get(2, "blank", false));
        var builder = new MarkedText.Builder();
        IReadOnlyList<object?> lines = TextMethods.Split(frame, text, MarkedText.Own("\n"), -1).Items;
        for (int i = 0; i < lines.Count; i++)
        {
            var one = (MarkedText)lines[i]!;
            frame.Budget.Build(one.Length + (long)blanks.Length + 1);
            builder.Append(i == 0 ? "" : "\n");
            builder.Append((i == 0 && !first) || (i > 0 && one.Length == 0 && !blank) ? MarkedText.Empty : blanks);
            builder.Append(one);
        }
        return builder.ToText();
    }

    private static MarkedText Escape(Frame frame, MarkedText text)
    {
        (string, string)[] pairs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;")];
        foreach ((string from, string to) in pairs)
        {
            text = TextMethods.Replace(frame, text, MarkedText.Own(from), MarkedText.Of(to, isData: text.HasData), -1);
        }
        return text;
    }
}
