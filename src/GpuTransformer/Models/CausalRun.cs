using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Models;

/// <summary>A session of a decoder's program over caches that other sessions may share.</summary>
internal sealed class CausalRun : IDisposable
{
    private readonly float[] _angles;
    private readonly float[] _frequencies;

    /// <param name="model">Whose program it is.</param>
    /// <param name="program">What to run.</param>
    /// <param name="store">The caches; null: full ones of the session's own.</param>
    public CausalRun(CausalModel model, CausalProgram program, KeyValueStore? store)
    {
        Model = model;
        Program = program;
        var width = model.Rotary?.Width ?? 0;
        _angles = new float[checked(program.Rows * width)];
        _frequencies = new float[width / 2];
        Session = model.Open(program.Program, store);
    }

    public CausalModel Model { get; }

    public CausalProgram Program { get; }

    public Session Session { get; }

    /// <summary>Starts filling rows.</summary>
    /// <param name="cache">Places of the rows' keys.</param>
    /// <param name="callLength">Tokens of the longest sequence of the whole call, of which this run may be a part: some
    /// kinds of rotary frequencies depend on it.</param>
    public CausalRows Begin(PageCache cache, int callLength) => new(this, cache, callLength, _angles, _frequencies);

    /// <summary>Reads texts to the end of each, in runs of at most as many rows as the program has.</summary>
    /// <param name="cache">Has the sequences of the texts, begun and empty.</param>
    /// <param name="texts">Ids, one array a sequence; may be empty.</param>
    /// <param name="everyRow">Asks for the logits of every token, else of each text's last.</param>
    /// <param name="ran">Called after each run with the number of its selected rows; they go on where those of the run
    /// before ended.</param>
    public void Read(PageCache cache, IReadOnlyList<int[]> texts, bool everyRow, Action<int> ran)
    {
        var callLength = texts.Max(t => t.Length);
        var rows = Begin(cache, callLength);
        for (var s = 0; s < texts.Count; s++)
        {
            var text = texts[s];
            for (var i = 0; i < text.Length;)
            {
                if (rows.Count == Program.Rows)
                {
                    ran(rows.Run());
                    rows = Begin(cache, callLength);
                }

                var count = Math.Min(text.Length - i, Program.Rows - rows.Count);
                var slot = cache.Append(s, count);
                for (var end = i + count; i < end; i++)
                {
                    rows.Add(s, text[i], slot++);
                    if (everyRow || i == text.Length - 1)
                    {
                        rows.Select();
                    }
                }
            }
        }

        if (rows.Count > 0)
        {
            ran(rows.Run());
        }
    }

    /// <summary>Logits of the first selected rows of the last run.</summary>
    public void ReadLogits(Span<float> values) => Session.Read(Program.Logits, values);

    public void Dispose() => Session.Dispose();
}
