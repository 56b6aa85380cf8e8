using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>Fills the target's rows before a run of the decoder: each sees keys of its own sequence and those of its
/// source's memory.</summary>
internal ref struct DecoderRows
{
    private readonly EncoderDecoderRun _run;
    private TokenRows _rows;
    private VisibilityFiller _memory;
    private int _selected;

    public DecoderRows(EncoderDecoderRun run)
    {
        _run = run;
        _rows = new TokenRows(run.Decoder, run.Target);
        _memory = new VisibilityFiller(run.Decoder, run.TargetMemory);
    }

    /// <summary>Begins a sequence with room for this many keys.</summary>
    /// <exception cref="ShapeException">It is not the next one, or longer than the run was made for.</exception>
    public readonly void Begin(int sequence, int keys)
    {
        if (_run.Cache.Begin() != sequence)
        {
            throw new ShapeException($"{_run.Decoder.Program.Name}: sequence {sequence} is not the next one.");
        }

        _run.Cache.Append(sequence, keys);
    }

    /// <summary>The next row: its key goes to <paramref name="slot"/> (-1: none), it sees the first
    /// <paramref name="end"/> keys of its sequence and all of its source's memory.</summary>
    public void Add(int sequence, int source, int id, int position, int slot, int end)
    {
        _rows.Add(sequence, id, position, slot, 0, end);
        _memory.Add(source, 0, _run.SourceTokens(source), position);
    }

    /// <summary>Asks for the logits of the row added last; in the order of asking they come out.</summary>
    public void Select() =>
        _run.Decoder.Table(_run.Selected ?? throw new InvalidOperationException("Every row has logits."))[_selected++] = _rows.Count - 1;

    /// <summary>Sets the rows in use and runs the decoder.</summary>
    public readonly void Run()
    {
        _rows.Finish();
        _memory.Finish();
        _run.Cache.Prepare(_run.Decoder, _run.Target.Keys);
        if (_run.SelectedRows is { } selected)
        {
            _run.Decoder.SetRows(selected, _selected);
        }

        _run.Decoder.Run();
    }
}
