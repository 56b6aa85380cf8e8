using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Grids of the kernels whose rows belong to teams of lanes.</summary>
internal static class TeamGrid
{
    /// <summary>Groups for each multiprocessor before rows are put together: with fewer, some would have nothing to do.</summary>
    private const int GroupsPerMultiprocessor = 4;

    /// <summary>Two groups on a multiprocessor of 64 registers a thread: one reads while the other computes.</summary>
    private const int MostThreadsOfStream = 512;

    /// <summary>Whether rows of this width are this team's, and the device has groups for it.</summary>
    public static bool Fits<TTeam>(DeviceTraits traits, int width)
        where TTeam : struct, IRowTeam =>
        traits.MaxGroupSize >= TTeam.Threads && RowTeams.LanesFor(width) == TTeam.Lanes
        && width <= RowTeams.Columns(TTeam.Lanes);

    /// <summary>The largest group. Nothing is said of groups a multiprocessor: left alone, ptxas takes 52 to 66 registers,
    /// which leaves room for 900 threads and more; asked for 1,024, it spills in LayerNorm.</summary>
    public static KernelSpecialization Limits<TTeam>()
        where TTeam : struct, IRowTeam => new(TTeam.Threads, null);

    /// <summary>(lanes, rows) a group: as many rows as fit, as long as every multiprocessor has groups enough.</summary>
    public static KernelConfig Teams<TTeam>(DeviceTraits traits, int rows)
        where TTeam : struct, IRowTeam
    {
        var most = TTeam.Threads / TTeam.Lanes;
        var enough = GroupsPerMultiprocessor * traits.Multiprocessors;
        var rowsOfGroup = 1;
        while (2 * rowsOfGroup <= most && (rowsOfGroup * TTeam.Lanes < traits.WarpSize || rows / (2 * rowsOfGroup) >= enough))
        {
            rowsOfGroup *= 2;
        }

        var groups = ((long)rows + rowsOfGroup - 1) / rowsOfGroup;
        return new KernelConfig(new Index3D((int)Math.Max(1, groups), 1, 1), new Index3D(TTeam.Lanes, rowsOfGroup, 1));
    }

    /// <summary>One group a row: a thread a lane, as far as the device allows.</summary>
    public static KernelConfig GroupPerRow(DeviceTraits traits, int rows, int width) =>
        new(Math.Max(1, rows), Math.Min(RowTeams.LanesFor(width), Math.Min(MostThreadsOfStream, traits.MaxGroupSize)));
}
