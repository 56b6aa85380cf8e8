namespace GpuTransformer.Kernels;

/// <summary>One node of a CPU pass: how many tiles it has now, the function that computes one, and its arguments.
/// Functions over an address and not objects: a pass walks thousands of these and allocates nothing.</summary>
internal readonly unsafe struct CpuStep
{
    /// <summary>Tiles in use, from the arguments; read on the caller's thread when the step starts.</summary>
    public readonly delegate*<void*, int> TileCount;

    /// <summary>Computes one tile; tiles of a step are independent and run on any thread.</summary>
    public readonly delegate*<void*, int, void> Tile;

    /// <summary>The arguments, which outlive the step.</summary>
    public readonly void* Args;

    public CpuStep(delegate*<void*, int> tileCount, delegate*<void*, int, void> tile, void* args)
    {
        TileCount = tileCount;
        Tile = tile;
        Args = args;
    }
}
