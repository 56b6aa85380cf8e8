namespace GpuTransformer.Bench.Peers;

/// <summary>The most that ours may take, as a part of the peer's time.</summary>
/// <param name="OneThread">On one thread.</param>
/// <param name="MoreThreads">On two and more.</param>
/// <param name="Aim">What is aimed at beyond the target; null: no more than that.</param>
internal sealed record RowTarget(double OneThread, double MoreThreads, double? Aim = null)
{
    /// <summary>The same on any number of threads.</summary>
    public RowTarget(double any)
        : this(any, any)
    {
    }

    /// <summary>On this many threads.</summary>
    public double On(int threads) => threads == 1 ? OneThread : MoreThreads;
}

/// <summary>Which instructions the tiles use, and what the machine has.</summary>
internal enum InstructionSet
{
    /// <summary>512-bit vectors.</summary>
    Avx512,

    /// <summary>256-bit vectors, the widest of the machine.</summary>
    Avx2,

    /// <summary>256-bit vectors on a machine that has wider ones.</summary>
    Avx2ByChoice,

    /// <summary>128-bit vectors.</summary>
    Vector128,
}
