namespace GpuTransformer.Kernels;

/// <summary>Rows of a source as GGUF would store them in an encoding: the file's own bytes where it stores them so, else
/// encoded from float32. Padded with zeros to whole cells.</summary>
internal sealed class EncodedRows
{
    private readonly WeightRows _source;
    private readonly WeightEncoding _encoding;
    private readonly int _first;
    private readonly int _count;
    private readonly bool _isRaw;
    private readonly float[] _values;
    private readonly float[] _columns;
    private readonly byte[] _bytes;

    /// <param name="source">Where the numbers are.</param>
    /// <param name="layout">The encoding's.</param>
    /// <param name="first">The first output.</param>
    /// <param name="count">Outputs.</param>
    public EncodedRows(WeightRows source, in EncodedLayout layout, int first, int count)
    {
        (_source, _encoding, _first, _count) = (source, layout.Encoding, first, count);
        _isRaw = EncodedPanels.IsStoredSo(source, _encoding);
        CellBytes = layout.CellK / EncodedLayout.StoredBlock(_encoding) * EncodedLayout.StoredBlockBytes(_encoding);
        var cells = layout.Cells(source.K);
        _bytes = new byte[cells * CellBytes];
        _values = new float[_isRaw ? 0 : cells * layout.CellK];
        _columns = source.IsTransposed ? new float[(long)source.K * count] : [];
        for (var k = 0; k < source.K && source.IsTransposed; k++)
        {
            source.Read(k, first, _columns.AsSpan(k * count, count));
        }
    }

    /// <summary>Bytes that belong to one cell of a column.</summary>
    public int CellBytes { get; }

    /// <summary>The bytes of a row; good until the next one.</summary>
    /// <exception cref="InputException">A number that the encoding cannot hold.</exception>
    public ReadOnlySpan<byte> this[int i] => _isRaw ? Stored(i) : Encode(i);

    private ReadOnlySpan<byte> Stored(int i)
    {
        var stored = _source.StoredBytes(_first + i, 0, _source.K);
        BlockEncoder.CheckScales(_encoding, _source.Name, _first + i, stored);

        if (stored.Length == _bytes.Length)
        {
            return stored;
        }

        stored.CopyTo(_bytes);
        return _bytes;
    }

    private ReadOnlySpan<byte> Encode(int i)
    {
        var values = _values.AsSpan(0, _source.K);
        if (_source.IsTransposed)
        {
            for (var k = 0; k < values.Length; k++)
            {
                values[k] = _columns[k * _count + i];
            }
        }
        else
        {
            _source.Read(_first + i, 0, values);
        }

        BlockEncoder.Encode(_encoding, _source.Name, _first + i, _values, _bytes);
        return _bytes;
    }
}
