using GpuTransformer.Graph;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>Fills the rows of a decoder's run: each token sees the keys of its sequence up to its own, or the last of
/// them.</summary>
internal ref struct CausalRows
{
    private readonly CausalRun _run;
    private readonly PageCache _cache;
    private readonly RotaryEmbedding? _rotary;
    private readonly Span<float> _angles;
    private readonly ReadOnlySpan<float> _frequencies;
    private readonly Span<int> _selected;
    private readonly int _window;
    private TokenRows _rows;
    private VisibilityFiller _windowed;
    private int _selectedCount;

    /// <param name="run">Whose rows.</param>
    /// <param name="cache">Places of their keys.</param>
    /// <param name="callLength">Tokens of the longest sequence of the call.</param>
    /// <param name="angles">Memory for the angles of all rows.</param>
    /// <param name="scratch">Memory for the frequencies.</param>
    public CausalRows(CausalRun run, PageCache cache, int callLength, Span<float> angles, Span<float> scratch)
    {
        var space = run.Program.Space;
        (_run, _cache) = (run, cache);
        _angles = angles;
        _rows = new TokenRows(run.Session, space.Tokens);
        _rotary = run.Model.Rotary;
        _frequencies = _rotary is null ? default : _rotary.Frequencies(callLength, scratch);
        _selected = run.Session.Table(run.Program.Selected);
        _window = run.Model.SlidingWindow ?? 0;
        _windowed = space.Windowed is { } windowed ? new VisibilityFiller(run.Session, windowed) : default;
    }

    /// <summary>Rows so far.</summary>
    public readonly int Count => _rows.Count;

    /// <summary>The next token, whose key goes to the slot and whose position is the slot.</summary>
    public void Add(int sequence, int id, int slot)
    {
        if (_rotary is { } rotary)
        {
            rotary.Fill(slot, _frequencies, _angles.Slice(_rows.Count * rotary.Width, rotary.Width));
        }

        if (_window > 0)
        {
            _windowed.Add(sequence, Math.Max(0, slot + 1 - _window), slot + 1, slot);
        }

        _rows.Add(sequence, id, slot, slot, 0, slot + 1);
    }

    /// <summary>Asks for the logits of the row that was just added.</summary>
    public void Select() => _selected[_selectedCount++] = _rows.Count - 1;

    /// <summary>Sets what is in use and runs.</summary>
    /// <returns>The rows whose logits there are.</returns>
    public readonly int Run()
    {
        var session = _run.Session;
        _rows.Finish();
        session.SetRows(_run.Program.SelectedRows, _selectedCount);
        if (_window > 0)
        {
            _windowed.Finish();
        }

        if (_rotary is not null)
        {
            session.Write(_run.Program.Space.Rotary!.Value, _angles[..(_rows.Count * _rotary.Width)]);
        }

        _cache.Prepare(session, _run.Program.Space.Tokens.Keys);
        session.Run();
        return _selectedCount;
    }
}
