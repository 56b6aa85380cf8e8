namespace GpuTransformer.Bench.Peers;

/// <summary>What came of a row on a number of threads.</summary>
/// <param name="Row">The row.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Candidate">The peer's candidate that ran; empty where none did.</param>
/// <param name="Ratios">Both sides' milliseconds.</param>
/// <param name="Set">The instruction set that ours ran.</param>
/// <param name="Failure">Why there are no figures; null: there are.</param>
internal sealed record RowResult(PeerRow Row, int Threads, string Candidate, Ratios Ratios, InstructionSet Set, string? Failure = null)
{
    /// <summary>The ratio to reach; null: none.</summary>
    public double? Target => Row.TargetOf(Candidate, Threads, Set);

    /// <summary>The part of the multiply-add loop that ours reaches.</summary>
    public double FmaShare(MachinePeaks peaks) => Row.Work.Flops / peaks.Flops / OurSeconds;

    /// <summary>The ratio that all of the multiply-add loop and of the exponentials', or of the reads or copies, would give.</summary>
    public double Bound(MachinePeaks peaks) => peaks.Seconds(Row) / (Ratios.Theirs * Row.Pieces / 1000);

    /// <summary>Whether the target is missed.</summary>
    public bool IsBehind(MachinePeaks peaks) =>
        Ratios.Ratio > Target || FmaShare(peaks) < Row.FmaShareOf(Set);

    /// <summary>Whether the target is nearer than the whole rate of the machine: nothing can meet it here and now.</summary>
    public bool IsOutOfReach(MachinePeaks peaks) => Bound(peaks) > Target;

    /// <summary>Met, behind, or nothing where there is no target.</summary>
    public string Verdict(MachinePeaks peaks)
    {
        if (Target is null && Row.FmaShareOf(Set) is null)
        {
            return "";
        }

        return IsBehind(peaks) ? "behind" : Set == InstructionSet.Avx512 && Ratios.Ratio <= Row.Target?.Aim ? "met, aim too" : "met";
    }

    private double OurSeconds => Ratios.Ours * Row.Pieces / 1000;
}
