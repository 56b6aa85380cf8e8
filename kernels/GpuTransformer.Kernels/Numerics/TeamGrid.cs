using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Grids of the kernels whose rows belong to teams of lanes.</summary>
internal static class TeamGrid
{
    /// <summary>Groups for each multiprocessor before rows are put together: with fewer, some would have nothing to do.</summary>
    private const int GroupsPerMultiprocessor = 4;

    /// <summary>Whether rows of this width are this team's, and a group of the device holds one.</summary>
    public static bool Fits<TTeam>(DeviceTraits traits, int width)
        where TTeam : struct, IRowTeam =>
        traits.MaxGroupSize >= TTeam.Lanes && RowTeams.LanesFor(width) == TTeam.Lanes
        && width <= RowTeams.Columns(TTeam.Lanes);

    /// <summary>(lanes, rows) a group: as many rows as fit, as long as every multiprocessor has groups enough.</summary>
    public static KernelConfig Teams<TTeam>(DeviceTraits traits, int rows)
        where TTeam : struct, IRowTeam
    {
        var most = Math.Min(TTeam.Threads, traits.MaxGroupSize) / TTeam.Lanes;
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
        new(Math.Max(1, rows), Math.Min(RowTeams.LanesFor(width), traits.MaxGroupSize));
}
