namespace GpuTransformer.Tokenizers;

/// <summary>Which places of a text may hold special tokens: a list of spans, each trusted or not.</summary>
internal sealed class SpecialScope
{
    private readonly int[] _ends;
    private readonly bool[] _trusted;

    private SpecialScope(int[] ends, bool[] trusted)
    {
        _ends = ends;
        _trusted = trusted;
    }

    /// <summary>Nowhere in the text.</summary>
    public static SpecialScope Nowhere { get; } = new([int.MaxValue], [false]);

    /// <summary>The scope of spans that follow each other, of which neighbours of one kind are one; null when all are
    /// trusted.</summary>
    public static SpecialScope? Of(IReadOnlyList<TextSpan> spans)
    {
        var ends = new List<int>();
        var trusted = new List<bool>();
        int length = 0;
        foreach ((string text, bool isTrusted) in spans)
        {
            length = checked(length + text.Length);
            if (text.Length > 0 && trusted.Count > 0 && trusted[^1] == isTrusted)
            {
                ends[^1] = length;
            }
            else if (text.Length > 0)
            {
                ends.Add(length);
                trusted.Add(isTrusted);
            }
        }
        if (trusted.TrueForAll(isTrusted => isTrusted))
        {
            return null;
        }
        // What normalization puts in after the last letter belongs to nobody.
        return new SpecialScope([.. ends, int.MaxValue], [.. trusted, false]);
    }

    /// <summary>True when the span at a place of the original text is trusted.</summary>
    public bool IsTrusted(int at) => _trusted[SpanAt(at)];

    /// <summary>Where the span at a place of the original text ends.</summary>
    public int EndOfSpan(int at) => _ends[SpanAt(at)];

    // The first span that ends after the place; empty spans hold no place.
    private int SpanAt(int at)
    {
        int low = 0;
        int high = _ends.Length - 1;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_ends[middle] > at)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }
        return low;
    }
}
