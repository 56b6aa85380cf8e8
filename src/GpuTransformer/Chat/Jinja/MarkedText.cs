using System.Text;

namespace GpuTransformer.Chat.Jinja;

/// <summary>A string that knows which of its characters came from data. Whatever a template does with a message (cut,
/// trim, join, replace), the characters stay marked, so that none of them can become a control token later.</summary>
internal sealed class MarkedText
{
    public static readonly MarkedText Empty = new("", []);
    private readonly (int End, bool IsData)[] _runs;

    private MarkedText(string text, (int End, bool IsData)[] runs) => (Text, _runs) = (text, runs);

    public string Text { get; }

    public int Length => Text.Length;

    /// <summary>Runs of the same mark, in order, none empty.</summary>
    public IEnumerable<(int Start, int End, bool IsData)> Runs
    {
        get
        {
            int start = 0;
            foreach ((int end, bool isData) in _runs)
            {
                yield return (start, end, isData);
                start = end;
            }
        }
    }

    /// <summary>Whether any character came from data.</summary>
    public bool HasData => _runs.Any(run => run.IsData);

    /// <summary>Text that the template itself wrote.</summary>
    public static MarkedText Own(string text) => Of(text, isData: false);

    /// <summary>Text with one mark.</summary>
    public static MarkedText Of(string text, bool isData) => text.Length == 0 ? Empty : new(text, [(text.Length, isData)]);

    /// <summary>A part, marks kept.</summary>
    public MarkedText Slice(int start, int length)
    {
        if (length <= 0)
        {
            return Empty;
        }
        if (length == Length)
        {
            return this;
        }
        var builder = new Builder();
        builder.Append(this, start, length);
        return builder.ToText();
    }

    public static MarkedText operator +(MarkedText a, MarkedText b)
    {
        var builder = new Builder();
        builder.Append(a);
        builder.Append(b);
        return builder.ToText();
    }

    public override string ToString() => Text;

    // The run that a character is in; texts with many runs are cut often.
    private int RunAt(int place)
    {
        int low = 0;
        int high = _runs.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _runs[middle].End <= place ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    /// <summary>Puts texts together.</summary>
    public sealed class Builder
    {
        private readonly StringBuilder _text = new();
        private readonly List<(int End, bool IsData)> _runs = [];

        public int Length => _text.Length;

        public void Append(MarkedText text) => Append(text, 0, text.Length);

        public void Append(MarkedText text, int start, int length)
        {
            int run = text.RunAt(start);
            for (int from = start; from < start + length; run++)
            {
                (int end, bool isData) = text._runs[run];
                int to = Math.Min(end, start + length);
                _text.Append(text.Text, from, to - from);
                Mark(isData);
                from = to;
            }
        }

        public void Append(string text, bool isData = false)
        {
            if (text.Length > 0)
            {
                _text.Append(text);
                Mark(isData);
            }
        }

        public MarkedText ToText() => _text.Length == 0 ? Empty : new MarkedText(_text.ToString(), [.. _runs]);

        private void Mark(bool isData)
        {
            if (_runs.Count > 0 && _runs[^1].IsData == isData)
            {
                _runs.RemoveAt(_runs.Count - 1);
            }
            _runs.Add((_text.Length, isData));
        }
    }
}
