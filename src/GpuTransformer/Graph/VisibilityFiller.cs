namespace GpuTransformer.Graph;

/// <summary>Fills a visibility's tables row by row, and cuts the rows into blocks of one sequence each.</summary>
internal ref struct VisibilityFiller
{
    private readonly Session _session;
    private readonly Visibility _sees;
    private readonly Span<int> _rows;
    private readonly Span<int> _blocks;
    private int _row;
    private int _block;
    private int _sequence;

    public VisibilityFiller(Session session, Visibility sees)
    {
        _session = session;
        _sees = sees;
        _rows = session.Table(sees.RowTable);
        _blocks = session.Table(sees.BlockTable);
        _block = -1;
        _sequence = -1;
    }

    /// <summary>The next row: its sequence, the slots [begin, end) that it sees, and its position.</summary>
    public void Add(int sequence, int begin, int end, int position)
    {
        var entry = _rows.Slice(_row * 4, 4);
        entry[0] = sequence;
        entry[1] = begin;
        entry[2] = end;
        entry[3] = position;
        if (sequence != _sequence || _blocks[_block * 2 + 1] == _sees.BlockRows)
        {
            _block++;
            _blocks[_block * 2] = _row;
            _blocks[_block * 2 + 1] = 0;
            _sequence = sequence;
        }

        _blocks[_block * 2 + 1]++;
        _row++;
    }

    /// <summary>Sets the blocks in use.</summary>
    public readonly void Finish() => _session.SetState(_sees.BlockSlot, _block + 1);
}
