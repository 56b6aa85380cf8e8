namespace GpuTransformer.Kernels;

/// <summary>Which bytes of a slab are free: ranges in order, neighbours merged. Knows no device.</summary>
internal sealed class FreeRanges
{
    private readonly List<(long Offset, long Length)> _free;

    public FreeRanges(long length)
    {
        Length = length;
        _free = [(0, length)];
    }

    /// <summary>Bytes of the slab.</summary>
    public long Length { get; }

    /// <summary>Whether nothing is taken.</summary>
    public bool IsWhole => _free.Count == 1 && _free[0].Length == Length;

    /// <summary>The shortest free range that holds so many bytes; -1: none does.</summary>
    public long ShortestFit(long bytes)
    {
        var best = -1L;
        foreach (var (_, length) in _free)
        {
            if (length >= bytes && (best < 0 || length < best))
            {
                best = length;
            }
        }

        return best;
    }

    /// <summary>Takes the front of the shortest range that holds them; its offset.</summary>
    public long Take(long bytes)
    {
        var fit = ShortestFit(bytes);
        var i = _free.FindIndex(range => range.Length == fit);
        var (offset, length) = _free[i];
        if (length == bytes)
        {
            _free.RemoveAt(i);
        }
        else
        {
            _free[i] = (offset + bytes, length - bytes);
        }

        return offset;
    }

    /// <summary>Gives back what <see cref="Take"/> gave.</summary>
    public void Give(long offset, long bytes)
    {
        var i = _free.FindIndex(range => range.Offset > offset);
        i = i < 0 ? _free.Count : i;
        _free.Insert(i, (offset, bytes));
        MergeWithNext(i);
        if (i > 0)
        {
            MergeWithNext(i - 1);
        }
    }

    private void MergeWithNext(int i)
    {
        if (i + 1 < _free.Count && _free[i].Offset + _free[i].Length == _free[i + 1].Offset)
        {
            _free[i] = (_free[i].Offset, _free[i].Length + _free[i + 1].Length);
            _free.RemoveAt(i + 1);
        }
    }
}
