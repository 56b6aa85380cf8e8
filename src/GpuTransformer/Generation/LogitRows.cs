namespace GpuTransformer.Generation;

/// <summary>Logits of the sequences of a decoding, in host memory. A reorder costs nothing until logits are asked for
/// after it, which a beam search does not do before the next pass overwrites them.</summary>
internal sealed class LogitRows(int sequences, int width)
{
    private readonly int[] _source = new int[sequences];
    private float[] _values = new float[checked(sequences * width)];
    private float[]? _spare;
    private int _count;
    private bool _isReordered;

    /// <summary>Logits of a sequence; the caller may write into them.</summary>
    public Span<float> this[int sequence]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sequence, (uint)_count);
            if (_isReordered)
            {
                Move();
            }

            return _values.AsSpan(sequence * width, width);
        }
    }

    /// <summary>Memory of the first rows, for the logits of a pass.</summary>
    public Span<float> Rewrite(int count)
    {
        (_count, _isReordered) = (count, false);
        return _values.AsSpan(0, count * width);
    }

    /// <summary>Row i becomes what row source[i] was.</summary>
    public void Reorder(ReadOnlySpan<int> source)
    {
        if (_isReordered)
        {
            Move();
        }

        source.CopyTo(_source);
        (_count, _isReordered) = (source.Length, true);
    }

    private void Move()
    {
        _spare ??= new float[_values.Length];
        for (var i = 0; i < _count; i++)
        {
            _values.AsSpan(_source[i] * width, width).CopyTo(_spare.AsSpan(i * width));
        }

        (_values, _spare, _isReordered) = (_spare, _values, false);
    }
}
