namespace GpuTransformer.Cli.Text;

/// <summary>Places in a text in code points; asked for in ascending order it walks the text once. Half a surrogate pair
/// counts as one, as in Python.</summary>
internal sealed class CodePoints(string text)
{
    private int _at;
    private int _count;

    /// <summary>Code points before a place in UTF-16 units.</summary>
    public int Before(int place)
    {
        if (place < _at)
        {
            (_at, _count) = (0, 0);
        }

        while (_at < place)
        {
            _at += char.IsHighSurrogate(text[_at]) && _at + 1 < text.Length && char.IsLowSurrogate(text[_at + 1]) ? 2 : 1;
            _count++;
        }

        return _count;
    }
}
