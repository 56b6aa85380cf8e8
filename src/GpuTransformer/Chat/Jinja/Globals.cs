using System.Globalization;
using System.Text;
using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>The functions that transformers gives to a chat template.</summary>
internal static class Globals
{
    private const long LongestRange = 100_000;

    public static Dictionary<string, object?> All() => new Function[]
    {
        new("raise_exception", (frame, a) => throw new InputException(
            $"{frame.Template}: the chat template refuses these messages: {Operators.ToText(frame, a.Get(0, "message"))}")),
        new("namespace", (_, a) => Space(a)),
        new("dict", (_, a) => Map(a)),
        new("range", Range),
        new("strftime_now", (frame, a) => MarkedText.Own(Date(frame.Time.GetLocalNow(), a.Text(0, "format").Text))),
    }.ToDictionary(function => function.Name, object? (function) => function);

    private static Namespace Space(Arguments a)
    {
        var space = new Namespace();
        if (a.Get(0, "\0") is ValueMap map)
        {
            foreach ((object? key, object? value) in map.Entries)
            {
                space.Fields[(key as MarkedText)?.Text ?? ""] = value;
            }
        }
        foreach ((string name, object? value) in a.Named)
        {
            space.Fields[name] = value;
        }
        return space;
    }

    private static ValueMap Map(Arguments a)
    {
        var map = new ValueMap();
        foreach ((object? key, object? value) in (a.Get(0, "\0") as ValueMap)?.Entries ?? [])
        {
            map.Set(key, value);
        }
        foreach ((string name, object? value) in a.Named)
        {
            map.Set(name, value);
        }
        return map;
    }

    private static ValueList Range(Frame frame, Arguments a)
    {
        a.Allow(3);
        long start = a.Values.Count > 1 ? a.Whole(0, "start", 0) : 0;
        long stop = a.Values.Count > 1 ? a.Whole(1, "stop", 0) : a.Whole(0, "stop", 0);
        long step = a.Whole(2, "step", 1);
        if (step == 0 || Math.Abs((double)stop - start) / Math.Abs((double)step) > LongestRange)
        {
            throw new InputException($"{frame.Template}: the template asks for a range({start}, {stop}, {step}); at most {LongestRange} numbers.");
        }
        var numbers = new List<object?>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            frame.Budget.Spend();
            numbers.Add(i);
        }
        return new ValueList(numbers);
    }

    // C's strftime, in English as Python's default locale has it.
    private static string Date(DateTimeOffset now, string format)
    {
        var result = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }
            bool bare = format[i + 1] == '-' && i + 2 < format.Length;
            char code = format[i += bare ? 2 : 1];
            string? pattern = code switch
            {
                'Y' => "yyyy",
                'y' => "yy",
                'm' => bare ? "%M" : "MM",
                'd' => bare ? "%d" : "dd",
                'e' => "%d",
                'B' => "MMMM",
                'b' or 'h' => "MMM",
                'A' => "dddd",
                'a' => "ddd",
                'H' => bare ? "%H" : "HH",
                'I' => bare ? "%h" : "hh",
                'M' => bare ? "%m" : "mm",
                'S' => bare ? "%s" : "ss",
                'p' => "tt",
                'F' => "yyyy-MM-dd",
                'T' => "HH:mm:ss",
                _ => null,
            };
            result.Append(pattern is not null ? now.ToString(pattern, CultureInfo.InvariantCulture) : code switch
            {
                '%' => "%",
                'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                _ => throw new InputException($"a chat template asks for a date in the form %{code}, which is not supported."),
            });
        }
        return result.ToString();
    }
}
