using System.Globalization;
using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>The filter tojson as transformers defines it: Python's json.dumps, without escaping letters outside ASCII
/// unless asked. What came from data stays marked.</summary>
internal sealed class JsonOutput
{
    private readonly Frame _frame;
    private readonly MarkedText.Builder _output = new();
    private readonly MarkedText? _indent;
    private readonly MarkedText _comma;
    private readonly MarkedText _colon;
    private readonly bool _ascii;
    private readonly bool _sorted;

    private JsonOutput(Frame frame, Arguments a)
    {
        a.Allow(4, "ensure_ascii", "indent", "separators", "sort_keys");
        _frame = frame;
        _ascii = Operators.IsTrue(a.Get(0, "ensure_ascii", false));
        _sorted = Operators.IsTrue(a.Get(3, "sort_keys", false));
        _indent = a.Get(1, "indent") switch
        {
            null => null,
            MarkedText text => text,
            _ => MarkedText.Own(new string(' ', (int)Math.Clamp(a.Whole(1, "indent", 0), 0, 64))),
        };
        (_comma, _colon) = a.Get(2, "separators") switch
        {
            null => (MarkedText.Own(_indent is null ? ", " : ","), MarkedText.Own(": ")),
            ValueList { Items: [MarkedText comma, MarkedText colon] } => (comma, colon),
            _ => throw new InputException($"{frame.Template}: separators of tojson must be two strings."),
        };
    }

    public static MarkedText Write(Frame frame, object? value, Arguments a)
    {
        var json = new JsonOutput(frame, a);
        json.Write(value, 0);
        return json._output.ToText();
    }

    private void Write(object? value, int level)
    {
        _frame.Budget.Spend();
        _frame.Budget.Enter();
        switch (value)
        {
            case null:
                _output.Append("null");
                break;
            case bool flag:
                _output.Append(flag ? "true" : "false");
                break;
            case long number:
                _output.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                _output.Append(Operators.RealText(number));
                break;
            case MarkedText text:
                WriteText(text);
                break;
            case ValueList list:
                Open("[", list.Items.Count, level, i => Write(list.Items[i], level + 1), "]");
                break;
            case ValueMap map:
                IReadOnlyList<(object? Key, object? Value)> entries = !_sorted ? map.Entries
                    : [.. map.Entries.OrderBy(entry => Operators.ToText(_frame, entry.Key).Text, StringComparer.Ordinal)];
                Open("{", entries.Count, level, i =>
                {
                    WriteText(Operators.ToText(_frame, entries[i].Key));
                    _output.Append(_colon);
                    Write(entries[i].Value, level + 1);
                }, "}");
                break;
            default:
                throw new InputException($"{_frame.Template}: tojson of {Operators.KindOf(value)}.");
        }
        _frame.Budget.Leave();
    }

    private void Open(string open, int count, int level, Action<int> write, string close)
    {
        _output.Append(open);
        for (int i = 0; i < count; i++)
        {
            _output.Append(i == 0 ? MarkedText.Empty : _comma);
            Break(level + 1);
            write(i);
        }
        if (count > 0)
        {
            Break(level);
        }
        _output.Append(close);
    }

    private void Break(int level)
    {
        if (_indent is { } indent)
        {
            _frame.Budget.Build(1 + (long)indent.Length * level);
            _output.Append("\n");
            for (int i = 0; i < level; i++)
            {
                _output.Append(indent);
            }
        }
    }

    private void WriteText(MarkedText text)
    {
        _frame.Budget.Build(2 + text.Length);
        _output.Append("\"");
        foreach ((int start, int end, bool isData) in text.Runs)
        {
            int plain = start;
            for (int i = start; i < end; i++)
            {
                if (Escape(text.Text[i]) is { } escape)
                {
                    _output.Append(text, plain, i - plain);
                    _output.Append(escape, isData);
                    plain = i + 1;
                }
            }
            _output.Append(text, plain, end - plain);
        }
        _output.Append("\"");
    }

    private string? Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        < ' ' => $"\\u{(int)c:x4}",
        >= '\x7f' when _ascii => $"\\u{(int)c:x4}",
        _ => null,
    };
}
