using GpuTransformer.Graph;

namespace GpuTransformer.Layers;

/// <summary>Fills a <see cref="TokenSpace"/> row by row before a run.</summary>
internal ref struct TokenRows
{
    private readonly Session _session;
    private readonly TokenSpace _space;
    private readonly Span<int> _ids;
    private readonly Span<int> _positions;
    private readonly Span<int> _writes;
    private VisibilityFiller _sees;

    public TokenRows(Session session, TokenSpace space)
    {
        _session = session;
        _space = space;
        _ids = session.Table(space.Ids);
        _positions = session.Table(space.Positions);
        _writes = session.Table(space.Writes);
        _sees = new VisibilityFiller(session, space.Sees);
    }

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>The next token: its id and position, the slot that its key goes to (-1: none), and the slots [begin,
    /// end) of its sequence that it sees.</summary>
    public void Add(int sequence, int id, int position, int slot, int begin, int end)
    {
        if (Count == _space.Rows.Capacity)
        {
            throw new Kernels.ShapeException(
                $"{_session.Program.Name}: more than {_space.Rows.Capacity} rows of {_space.Rows.Name}.");
        }

        _ids[Count] = id;
        _positions[Count] = position;
        _writes[Count * 2] = sequence;
        _writes[Count * 2 + 1] = slot;
        _sees.Add(sequence, begin, end, position);
        Count++;
    }

    /// <summary>Sets the rows and blocks in use.</summary>
    public readonly void Finish()
    {
        _sees.Finish();
        _session.SetRows(_space.Rows, Count);
    }
}
