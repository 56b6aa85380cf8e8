namespace GpuTransformer.Bench.Peers;

/// <summary>One side of a row: made beforehand, then run again and again.</summary>
internal interface ISide : IDisposable
{
    /// <summary>What a run needs and its time does not hold.</summary>
    void Prepare()
    {
    }

    /// <summary>What is timed.</summary>
    void Run();
}
