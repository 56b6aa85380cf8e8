using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>An attention shape of some sequences: what each holds, and how rows are cut into blocks.</summary>
internal sealed record AttentionShape(
    int NumHeads, int NumKvHeads, int HeadDim, (int Queries, int Keys)[] Sequences, int BlockRows, bool Causal)
{
    /// <summary>Slots that a query sees at most.</summary>
    public int Window { get; init; } = int.MaxValue;

    /// <summary>Rows of queries and output that start at multiples of 16 bytes.</summary>
    public bool Aligned { get; init; }

    /// <summary>The logarithms of the sums are asked for.</summary>
    public bool LogSumExp { get; init; }

    public override string ToString() =>
        $"{NumHeads}/{NumKvHeads} heads x{HeadDim}, {string.Join(' ', Sequences.Take(4).Select(s => $"{s.Queries}:{s.Keys}"))}" +
        $"{(Sequences.Length > 4 ? " …" : "")}, blocks of {BlockRows}{(Causal ? ", causal" : "")}" +
        $"{(Window < int.MaxValue ? $", window {Window}" : "")}{(LogSumExp ? ", log-sum-exp" : "")}{(Aligned ? "" : " unaligned")}";

    /// <summary>The batch's sequences in scrambled pages, and one row of a sequence of its own for each spare unit.</summary>
    public AttentionCase Of(CheckBatch batch)
    {
        (int Queries, int Keys)[] sequences = [.. batch.Units.Select(unit => Sequences[unit]), .. Enumerable.Repeat((1, 1), batch.Spare)];
        int[] keyLengths = [.. sequences.Select(s => s.Keys)];
        var rows = AttentionCase.Sequences([.. sequences.Select(s => s.Queries)], keyLengths, Causal, Window);
        return new AttentionCase(
            NumHeads,
            NumKvHeads,
            HeadDim,
            keyLengths,
            [.. rows],
            _ => [.. sequences.SelectMany((s, i) => batch.UnitPart(0, i, s.Queries * NumHeads * HeadDim, Spread.Normal))],
            (i, count) => batch.UnitPart(1, i, count, Spread.Normal),
            (i, count) => batch.UnitPart(2, i, count, Spread.Outliers));
    }

    /// <summary>Where each unit's rows start among values of <paramref name="width"/> a row.</summary>
    public int[] Starts(CheckBatch batch, int width)
    {
        var starts = new List<int> { 0 };
        foreach (var unit in batch.Units)
        {
            starts.Add(starts[^1] + Sequences[unit].Queries * width);
        }

        return [.. starts];
    }

    /// <summary>Blocks of a batch that is not the whole one are cut otherwise: a row's bits may not depend on it.</summary>
    public int BlockRowsOf(CheckBatch batch) => batch.IsWhole ? BlockRows : Math.Max(1, BlockRows / 4);
}
