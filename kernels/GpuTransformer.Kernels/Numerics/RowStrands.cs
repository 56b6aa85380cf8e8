using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>What the kernels that hold a row in the registers of a team share.</summary>
internal static class RowStrands<TTeam, TAccess>
    where TTeam : struct, IRowTeam
    where TAccess : struct, IRowAccess
{
    /// <summary>Fours that a lane needs for a row of this width: the same in a whole launch, so a branch on it is uniform.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Parts(int width)
    {
        var parts = 0;
        for (var columns = 0; columns < width; columns += 4 * TTeam.Lanes)
        {
            parts++;
        }

        return parts;
    }

    /// <summary>The sum of strands 4 · lane to 4 · lane + 3, from the four that each lane has added up. Where a lane holds
    /// others (<see cref="IRowAccess.Exchanges"/>), all threads of the group change them through shared memory, with one
    /// barrier; the memory may be used again after the next one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LaneSum(ArrayView<float> exchange, Float4 strands)
    {
        if (!TAccess.Exchanges)
        {
            return RowFold.Lane(strands);
        }

        var team = 4 * TTeam.Lanes * Group.IdxY;
        var mine = team + Group.IdxX;
        exchange[mine] = strands.X;
        exchange[mine + TTeam.Lanes] = strands.Y;
        exchange[mine + 2 * TTeam.Lanes] = strands.Z;
        exchange[mine + 3 * TTeam.Lanes] = strands.W;
        Group.Barrier();
        Float4 own = exchange.Cast<Float4>()[(team >> 2) + Group.IdxX];
        return RowFold.Lane(own);
    }
}
