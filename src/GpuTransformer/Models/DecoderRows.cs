using GpuTransformer.Graph;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>Fills the target's rows before a run of the decoder: each sees keys of its own sequence and the memory's.</summary>
internal ref struct DecoderRows
{
    private readonly EncoderDecoderRun _run;
    private TokenRows _rows;
    private VisibilityFiller _memory;

    public DecoderRows(EncoderDecoderRun run)
    {
        _run = run;
        _rows = new TokenRows(run.Decoder, run.Target);
        _memory = new VisibilityFiller(run.Decoder, run.TargetMemory);
    }

    /// <summary>The next row: its key goes to <paramref name="slot"/> (-1: none), it sees the first
    /// <paramref name="end"/> keys of its sequence and all of the memory.</summary>
    public void Add(int sequence, int id, int position, int slot, int end)
    {
        _rows.Add(sequence, id, position, slot, 0, end);
        _memory.Add(sequence, 0, _run.SourceTokens(sequence), position);
    }

    /// <summary>Sets the rows in use and runs the decoder.</summary>
    public readonly void Run()
    {
        _rows.Finish();
        _memory.Finish();
        _run.Decoder.Run();
    }
}
