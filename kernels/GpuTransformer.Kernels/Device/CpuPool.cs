namespace GpuTransformer.Kernels;

/// <summary>The process's one pool of threads for CPU tiles.</summary>
internal sealed unsafe class CpuPool
{
    public static CpuPool Shared { get; } = new();

    /// <summary>Threads that work on a pass, the caller's included.</summary>
    public int Threads { get; } = 1;

    /// <summary>Walks the steps in order; the tiles of a step run on any thread, and a step starts when the one before it
    /// is done. Where <paramref name="timestamps"/> is not null it receives count + 1 ticks: the start, then each step's end.</summary>
    public void Walk(CpuStep* steps, int count, long* timestamps = null)
    {
        for (var s = 0; s < count; s++)
        {
            var tiles = steps[s].TileCount(steps[s].Args);
            for (var t = 0; t < tiles; t++)
            {
                steps[s].Tile(steps[s].Args, t);
            }
        }
    }
}
