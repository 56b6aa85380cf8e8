using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>What a lane of a row's team has to add.</summary>
internal interface IRowLane
{
    /// <summary>The sum of the lane's strands.</summary>
    float Sum(int lane, int lanes);
}

/// <summary><see cref="RowFold"/>'s order in one thread, for the naive variants.</summary>
internal static class RowFoldAlone<TLane>
    where TLane : struct, IRowLane
{
    private const int Once = RowFold.Partials;

    public static float Sum(TLane row, int lanes)
    {
        var isWide = lanes > Once;
        var lanesOfPartial = isWide ? lanes >> 5 : 1;
        var sum = default(Float4);
        for (var partial = 0; partial < (isWide ? Once : lanes); partial++)
        {
            var four = default(Float4);
            for (var i = 0; i < lanesOfPartial; i++)
            {
                var lane = isWide ? 4 * partial + (i & 3) + 4 * Once * (i >> 2) : partial;
                Add(ref four, i & 3, row.Sum(lane, lanes));
            }

            Add(ref sum, partial & 3, RowFold.Lane(four));
        }

        return RowFold.Lane(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Float4 sums, int component, float value)
    {
        sums.X += component == 0 ? value : 0f;
        sums.Y += component == 1 ? value : 0f;
        sums.Z += component == 2 ? value : 0f;
        sums.W += component == 3 ? value : 0f;
    }
}
