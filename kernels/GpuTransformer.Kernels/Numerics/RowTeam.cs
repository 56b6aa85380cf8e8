namespace GpuTransformer.Kernels;

/// <summary>How many lanes share a row whose elements stay in registers: as few as hold it in eight fours each, so that
/// short rows come many to a group and every lane has up to 128 bytes on their way.</summary>
/// <remarks>A multiprocessor of an H200 needs about 30 KB under way to keep its share of 4.8 TB/s busy (36 bytes a cycle for
/// about 800 cycles). 1,024 threads of 64 registers with one to eight loads of 16 bytes each have 16 to 128 KB.</remarks>
internal interface IRowTeam
{
    static abstract int Lanes { get; }

    /// <summary>The most threads of a group. Above 32 lanes a group has one row: the second step of
    /// <see cref="RowFold"/> has memory for one.</summary>
    static abstract int Threads { get; }
}

/// <summary>Rows of at most 256: 32 rows a group, a lane of each reads 128 bytes beside its neighbours.</summary>
internal struct RowTeam8 : IRowTeam
{
    public static int Lanes => 8;

    public static int Threads => 256;
}

/// <summary>Rows of at most 1,024: a warp of NVIDIA's each.</summary>
internal struct RowTeam32 : IRowTeam
{
    public static int Lanes => 32;

    public static int Threads => 256;
}

/// <summary>Rows of at most 4,096.</summary>
internal struct RowTeam128 : IRowTeam
{
    public static int Lanes => 128;

    public static int Threads => 128;
}

/// <summary>Rows of at most 8,192.</summary>
internal struct RowTeam256 : IRowTeam
{
    public static int Lanes => 256;

    public static int Threads => 256;
}

/// <summary>Rows of at most 32,768: the largest group there is, with all registers of a multiprocessor.</summary>
internal struct RowTeam1024 : IRowTeam
{
    public static int Lanes => 1024;

    public static int Threads => 1024;
}

/// <summary>The team of a row, which depends on its width alone: the order of a sum depends on the team, so a row gets the
/// same bits on every device, in every batch and from every variant.</summary>
internal static class RowTeams
{
    /// <summary>Fours that a lane keeps in registers.</summary>
    public const int FoursOfLane = 8;

    /// <summary>The most lanes of any team.</summary>
    public const int MostLanes = 1024;

    /// <summary>The widest row: four more fours a lane stay below the largest integer.</summary>
    public const int Widest = int.MaxValue - 8 * 4 * FoursOfLane * MostLanes;

    /// <summary>Lanes of the team for a row.</summary>
    public static int LanesFor(int width) =>
        width <= 256 ? 8 : width <= 1024 ? 32 : width <= 4096 ? 128 : width <= 8192 ? 256 : MostLanes;

    /// <summary>Columns that a team holds in registers.</summary>
    public static int Columns(int lanes) => 4 * FoursOfLane * lanes;
}
