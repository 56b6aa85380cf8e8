using System.Globalization;
using System.Text;
using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>Python's truth, equality, order, arithmetic and text of values.</summary>
internal static class Operators
{
    public static string KindOf(object? value) => value switch
    {
        null => "None",
        Undefined undefined => $"the undefined name '{undefined.Name}'",
        bool => "a truth value",
        long => "a whole number",
        double => "a number",
        MarkedText => "a string",
        ValueList => "a list",
        ValueMap => "a mapping",
        _ => "a function or namespace",
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        MarkedText text => text.Length > 0,
        ValueList list => list.Items.Count > 0,
        ValueMap map => map.Entries.Count > 0,
        _ => true,
    };

    public static bool AreEqual(Frame frame, object? a, object? b)
    {
        frame.Budget.Spend();
        if (Number(a) is { } left && Number(b) is { } right)
        {
            return left == right;
        }
        switch (a, b)
        {
            case (null, null):
            case (Undefined, Undefined):
                return true;
            case (MarkedText x, MarkedText y):
                return x.Text == y.Text;
            case (ValueList x, ValueList y):
                frame.Budget.Enter();
                bool same = x.Items.Count == y.Items.Count && !x.Items.Where((item, i) => !AreEqual(frame, item, y.Items[i])).Any();
                frame.Budget.Leave();
                return same;
            case (ValueMap x, ValueMap y):
                frame.Budget.Enter();
                bool equal = x.Entries.Count == y.Entries.Count
                    && x.Entries.All(entry => y.TryGet(entry.Key, out object? other) && AreEqual(frame, entry.Value, other));
                frame.Budget.Leave();
                return equal;
            default:
                return a is not null && ReferenceEquals(a, b);
        }
    }

    public static int Compare(object? a, object? b)
    {
        if (Number(a) is { } left && Number(b) is { } right)
        {
            return left.CompareTo(right);
        }
        return (a, b) is (MarkedText x, MarkedText y) ? string.CompareOrdinal(x.Text, y.Text)
            : (a, b) is (ValueList p, ValueList q) ? CompareLists(p, q)
            : (a, b) is (null, null) or (Undefined, Undefined) ? 0
            : throw new InputException($"a chat template compares {KindOf(a)} with {KindOf(b)}.");
    }

    private static int CompareLists(ValueList a, ValueList b)
    {
        for (int i = 0; i < Math.Min(a.Items.Count, b.Items.Count); i++)
        {
            int order = (a.Items[i], b.Items[i]) is (ValueList, _) or (_, ValueList)
                ? throw new InputException("a chat template compares lists of lists.")
                : Compare(a.Items[i], b.Items[i]);
            if (order != 0)
            {
                return order;
            }
        }
        return a.Items.Count.CompareTo(b.Items.Count);
    }

    public static bool Contains(Frame frame, object? container, object? item)
    {
        switch (container)
        {
            case MarkedText text when item is MarkedText part:
                frame.Budget.Spend(1 + text.Length / 16);
                return text.Text.Contains(part.Text, StringComparison.Ordinal);
            case ValueList list:
                return list.Items.Any(other => AreEqual(frame, other, item));
            case ValueMap map:
                return map.TryGet(item, out _);
            case Undefined:
                return false;
            default:
                throw new InputException($"a chat template looks for {KindOf(item)} in {KindOf(container)}.");
        }
    }

    public static object? Apply(Frame frame, string symbol, object? a, object? b)
    {
        frame.Budget.Spend();
        switch (symbol, a, b)
        {
            case ("+", MarkedText x, MarkedText y):
                return Join(frame, x, y);
            case ("~", _, _):
                return Join(frame, ToText(frame, a), ToText(frame, b));
            case ("+", ValueList x, ValueList y):
                frame.Budget.Spend(x.Items.Count + y.Items.Count);
                return new ValueList([.. x.Items, .. y.Items]);
            case ("*", MarkedText x, long n):
                return Repeat(frame, x, n);
            case ("*", long n, MarkedText x):
                return Repeat(frame, x, n);
            case ("*", ValueList x, long n):
                frame.Budget.Spend(CheckedProduct(x.Items.Count, n));
                return new ValueList([.. Enumerable.Repeat(x.Items, (int)Math.Max(0, n)).SelectMany(items => items)]);
        }
        try
        {
            return (a is bool f ? (f ? 1L : 0L) : a, b is bool g ? (g ? 1L : 0L) : b) switch
            {
                (long x, long y) => Whole(symbol, x, y),
                (long x, double y) => Real(symbol, x, y),
                (double x, long y) => Real(symbol, x, y),
                (double x, double y) => Real(symbol, x, y),
                _ => throw new InputException($"a chat template computes {KindOf(a)} {symbol} {KindOf(b)}."),
            };
        }
        catch (ArithmeticException)
        {
            throw new InputException($"a chat template computes {a} {symbol} {b}, which has no result that fits.");
        }
    }

    public static MarkedText Join(Frame frame, MarkedText a, MarkedText b)
    {
        frame.Budget.Build(a.Length + (long)b.Length);
        return a + b;
    }

    /// <summary>What Python's str() gives.</summary>
    public static MarkedText ToText(Frame frame, object? value)
    {
        if (value is MarkedText text)
        {
            return text;
        }
        var builder = new MarkedText.Builder();
        Print(frame, value, builder, quoted: false);
        return builder.ToText();
    }

    public static double? Number(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        double number => number,
        _ => null,
    };

    /// <summary>What Python's repr() of a float gives.</summary>
    public static string RealText(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        return text.Contains('E', StringComparison.Ordinal) ? text.Replace("E", "e", StringComparison.Ordinal)
            : text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }

    private static MarkedText Repeat(Frame frame, MarkedText text, long times)
    {
        frame.Budget.Build(CheckedProduct(text.Length, times));
        var builder = new MarkedText.Builder();
        for (long i = 0; i < times && text.Length > 0; i++)
        {
            builder.Append(text);
        }
        return builder.ToText();
    }

    private static long CheckedProduct(long a, long b) => b <= 0 ? 0 : a > long.MaxValue / b ? long.MaxValue : a * b;

    private static object Whole(string symbol, long x, long y) => symbol switch
    {
        "+" => (object)checked(x + y),
        "-" => checked(x - y),
        "*" => checked(x * y),
        "/" => y == 0 ? throw new DivideByZeroException() : (double)x / y,
        "//" => checked(x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0)),
        "%" => y == -1 ? 0L : Modulo(x, y),
        "**" => y >= 0 ? (object)Power(x, y) : Math.Pow(x, y),
        _ => throw new InputException($"a chat template uses the operator {symbol}."),
    };

    private static long Modulo(long x, long y)
    {
        long rest = x % y;
        return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
    }

    private static object Real(string symbol, double x, double y) => symbol switch
    {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => y == 0 ? throw new DivideByZeroException() : x / y,
        "//" => y == 0 ? throw new DivideByZeroException() : Math.Floor(x / y),
        "%" => y == 0 ? throw new DivideByZeroException() : x - Math.Floor(x / y) * y,
        "**" => Math.Pow(x, y),
        _ => throw new InputException($"a chat template uses the operator {symbol}."),
    };

    private static long Power(long x, long y)
    {
        if (x is 0 or 1 or -1)
        {
            return y == 0 ? 1 : x == -1 && y % 2 == 0 ? 1 : x;
        }
        long result = 1;
        for (; y > 0; y--)
        {
            result = checked(result * x);
        }
        return result;
    }

    private static void Print(Frame frame, object? value, MarkedText.Builder output, bool quoted)
    {
        frame.Budget.Spend();
        frame.Budget.Enter();
        switch (value)
        {
            case null:
                output.Append("None");
                break;
            case Undefined:
                output.Append(quoted ? "Undefined" : "");
                break;
            case bool flag:
                output.Append(flag ? "True" : "False");
                break;
            case long number:
                output.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                output.Append(RealText(number));
                break;
            case MarkedText text:
                frame.Budget.Build(text.Length);
                output.Append(quoted ? MarkedText.Of(Quoted(text.Text), text.HasData) : text);
                break;
            case ValueList list:
                output.Append(list.IsTuple ? "(" : "[");
                for (int i = 0; i < list.Items.Count; i++)
                {
                    output.Append(i == 0 ? "" : ", ");
                    Print(frame, list.Items[i], output, quoted: true);
                }
                output.Append(!list.IsTuple ? "]" : list.Items.Count == 1 ? ",)" : ")");
                break;
            case ValueMap map:
                output.Append("{");
                for (int i = 0; i < map.Entries.Count; i++)
                {
                    output.Append(i == 0 ? "" : ", ");
                    Print(frame, map.Entries[i].Key, output, quoted: true);
                    output.Append(": ");
                    Print(frame, map.Entries[i].Value, output, quoted: true);
                }
                output.Append("}");
                break;
            default:
                throw new InputException($"a chat template prints {KindOf(value)}.");
        }
        frame.Budget.Leave();
    }

    private static string Quoted(string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var result = new StringBuilder().Append(quote);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                '\\' => result.Append("\\\\"),
                _ when c == quote => result.Append('\\').Append(c),
                _ when char.IsControl(c) => result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => result.Append(c),
            };
        }
        return result.Append(quote).ToString();
    }
}
