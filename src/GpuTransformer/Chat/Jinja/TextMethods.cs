using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>The methods of Python's strings that templates use; marks of data stay with their characters.</summary>
internal static class TextMethods
{
    public static Function? Find(MarkedText text, string name) => name switch
    {
        "strip" => Of(name, 1, (a, _) => Trim(text, Characters(a), start: true, end: true)),
        "lstrip" => Of(name, 1, (a, _) => Trim(text, Characters(a), start: true, end: false)),
        "rstrip" => Of(name, 1, (a, _) => Trim(text, Characters(a), start: false, end: true)),
        "upper" => Of(name, 0, (_, f) => Cased(f, text, s => s.ToUpperInvariant())),
        "lower" => Of(name, 0, (_, f) => Cased(f, text, s => s.ToLowerInvariant())),
        "title" => Of(name, 0, (_, f) => Cased(f, text, Title)),
        "capitalize" => Of(name, 0, (_, f) => Cased(f, text, Capital)),
        "startswith" => Of(name, 1, (a, _) => Any(a, part => text.Text.StartsWith(part, StringComparison.Ordinal))),
        "endswith" => Of(name, 1, (a, _) => Any(a, part => text.Text.EndsWith(part, StringComparison.Ordinal))),
        "split" => Of(name, 2, (a, f) => Split(f, text, a.Get(0, "sep") as MarkedText, a.Whole(1, "maxsplit", -1))),
        "rsplit" => Of(name, 2, (a, f) => SplitFromEnd(f, text, a.Text(0, "sep"), a.Whole(1, "maxsplit", -1))),
        "splitlines" => Of(name, 0, (_, f) => Lines(f, text)),
        "replace" => Of(name, 3, (a, f) => Replace(f, text, a.Text(0, "old"), a.Text(1, "new"), a.Whole(2, "count", -1))),
        "find" => Of(name, 1, (a, _) => (long)text.Text.IndexOf(a.Text(0, "sub").Text, StringComparison.Ordinal)),
        "rfind" => Of(name, 1, (a, _) => (long)text.Text.LastIndexOf(a.Text(0, "sub").Text, StringComparison.Ordinal)),
        "count" => Of(name, 1, (a, f) => (long)Split(f, text, a.Text(0, "sub"), -1).Items.Count - 1),
        "join" => Of(name, 1, (a, f) => Join(f, text, Filters.Sequence(f, a.Get(0, "iterable")))),
        "removeprefix" => Of(name, 1, (a, _) => text.Text.StartsWith(a.Text(0, "prefix").Text, StringComparison.Ordinal)
            ? text.Slice(a.Text(0, "prefix").Length, text.Length - a.Text(0, "prefix").Length) : text),
        "removesuffix" => Of(name, 1, (a, _) => text.Text.EndsWith(a.Text(0, "suffix").Text, StringComparison.Ordinal)
            ? text.Slice(0, text.Length - a.Text(0, "suffix").Length) : text),
        "isdigit" => Of(name, 0, (_, _) => text.Length > 0 && text.Text.All(char.IsDigit)),
        "isalpha" => Of(name, 0, (_, _) => text.Length > 0 && text.Text.All(char.IsLetter)),
        "isalnum" => Of(name, 0, (_, _) => text.Length > 0 && text.Text.All(char.IsLetterOrDigit)),
        "isspace" => Of(name, 0, (_, _) => text.Length > 0 && text.Text.All(char.IsWhiteSpace)),
        "isupper" => Of(name, 0, (_, _) => text.Text.Any(char.IsUpper) && !text.Text.Any(char.IsLower)),
        "islower" => Of(name, 0, (_, _) => text.Text.Any(char.IsLower) && !text.Text.Any(char.IsUpper)),
        _ => null,
    };

    /// <summary>Without the characters at its ends; null: white space.</summary>
    public static MarkedText Trim(MarkedText text, string? characters, bool start, bool end)
    {
        int from = 0;
        int to = text.Length;
        while (start && from < to && IsTrimmed(text.Text[from]))
        {
            from++;
        }
        while (end && to > from && IsTrimmed(text.Text[to - 1]))
        {
            to--;
        }
        return text.Slice(from, to - from);

        bool IsTrimmed(char c) => characters is null
            ? char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f'
            : characters.Contains(c, StringComparison.Ordinal);
    }

    public static MarkedText Replace(Frame frame, MarkedText text, MarkedText old, MarkedText with, long count)
    {
        if (old.Length == 0)
        {
            throw new InputException($"{frame.Template}: the template replaces an empty string.");
        }
        return Join(frame, with, Split(frame, text, old, count));
    }

    public static MarkedText Join(Frame frame, MarkedText separator, ValueList parts)
    {
        var builder = new MarkedText.Builder();
        for (int i = 0; i < parts.Items.Count; i++)
        {
            MarkedText part = Operators.ToText(frame, parts.Items[i]);
            frame.Budget.Build(part.Length + (long)separator.Length);
            builder.Append(i == 0 ? MarkedText.Empty : separator);
            builder.Append(part);
        }
        return builder.ToText();
    }

    /// <summary>The same length of text in another case; marks stay because every character maps to one.</summary>
    public static MarkedText Cased(Frame frame, MarkedText text, Func<string, string> map)
    {
        frame.Budget.Build(text.Length);
        string mapped = map(text.Text);
        var builder = new MarkedText.Builder();
        foreach ((int start, int end, bool isData) in text.Runs)
        {
            builder.Append(mapped[start..end], isData);
        }
        return builder.ToText();
    }

    public static string Title(string text) => string.Create(text.Length, text, (target, source) =>
    {
        for (int i = 0; i < source.Length; i++)
        {
            target[i] = i > 0 && char.IsLetter(source[i - 1]) ? char.ToLowerInvariant(source[i]) : char.ToUpperInvariant(source[i]);
        }
    });

    public static string Capital(string text) =>
        text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static ValueList Split(Frame frame, MarkedText text, MarkedText? separator, long most)
    {
        var parts = new List<object?>();
        frame.Budget.Spend(1 + text.Length / 16);
        int at = 0;
        if (separator is null)
        {
            SplitAtSpace(frame, text, most, parts);
            return new ValueList(parts);
        }
        if (separator.Length == 0)
        {
            throw new InputException($"{frame.Template}: the template splits at an empty string.");
        }
        while (most < 0 || parts.Count < most)
        {
            int found = text.Text.IndexOf(separator.Text, at, StringComparison.Ordinal);
            if (found < 0)
            {
                break;
            }
            frame.Budget.Spend();
            parts.Add(text.Slice(at, found - at));
            at = found + separator.Length;
        }
        parts.Add(text.Slice(at, text.Length - at));
        return new ValueList(parts);
    }

    private static void SplitAtSpace(Frame frame, MarkedText text, long most, List<object?> parts)
    {
        for (int at = 0; ;)
        {
            while (at < text.Length && char.IsWhiteSpace(text.Text[at]))
            {
                at++;
            }
            if (at == text.Length)
            {
                return;
            }
            frame.Budget.Spend();
            int end = at;
            while (end < text.Length && (parts.Count == most || !char.IsWhiteSpace(text.Text[end])))
            {
                end++;
            }
            parts.Add(text.Slice(at, end - at));
            at = end;
        }
    }

    private static ValueList SplitFromEnd(Frame frame, MarkedText text, MarkedText separator, long most)
    {
        ValueList all = Split(frame, text, separator, -1);
        if (most < 0 || all.Items.Count <= most + 1)
        {
            return all;
        }
        int kept = all.Items.Count - (int)most;
        return new ValueList([Join(frame, separator, new ValueList([.. all.Items.Take(kept)])), .. all.Items.Skip(kept)]);
    }

    private static ValueList Lines(Frame frame, MarkedText text)
    {
        ValueList lines = Split(frame, text, MarkedText.Own("\n"), -1);
        return text.Length == 0 || text.Text.EndsWith('\n') ? new ValueList([.. lines.Items.SkipLast(1)]) : lines;
    }

    private static string? Characters(Arguments arguments) => (arguments.Get(0, "chars") as MarkedText)?.Text;

    private static bool Any(Arguments arguments, Func<string, bool> holds) => arguments.Get(0, "prefix") switch
    {
        MarkedText part => holds(part.Text),
        ValueList parts => parts.Items.Any(part => part is MarkedText one && holds(one.Text)),
        var other => throw new InputException($"a chat template asks whether a string begins or ends with {Operators.KindOf(other)}."),
    };

    private static Function Of(string name, int most, Func<Arguments, Frame, object?> call) => new(name, (frame, arguments) =>
    {
        arguments.Allow(most, "sep", "maxsplit", "chars");
        frame.Budget.Spend();
        return call(arguments, frame);
    });
}
