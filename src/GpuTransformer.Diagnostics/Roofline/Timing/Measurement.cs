namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A case on a number of threads, and its times.</summary>
internal sealed class Measurement(BenchCase benchCase, int threads)
{
    public BenchCase Case { get; } = benchCase;

    /// <summary>Threads of the CPU variant; 0 on other devices.</summary>
    public int Threads { get; } = threads;

    public Series Times { get; } = new();

    /// <summary>Runs in a batch, so that reading the clock costs nothing.</summary>
    public int Runs { get; set; } = 1;

    /// <summary>Median rate in 10^9 operations or bytes a second.</summary>
    public double Rate => Case.Work.Amount / Times.Median / 1e9;

    /// <summary>The same of the fastest round.</summary>
    public double BestRate => Case.Work.Amount / Times.Least / 1e9;
}
