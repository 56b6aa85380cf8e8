using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Turns the strands that threads have added up into sums of lanes, for kernels whose threads each do the work of
/// several lanes.</summary>
internal static class RowExchange<TAccess>
    where TAccess : struct, IRowAccess
{
    /// <summary>Leaves the four strands that lane <paramref name="lane"/> has read: as its sum, or for <see cref="Finish"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ArrayView<float> exchange, ArrayView<float> sums, int lane, int lanes, Float4 strands)
    {
        if (!TAccess.Exchanges)
        {
            sums[lane] = RowFold.Lane(strands);
            return;
        }

        exchange[lane] = strands.X;
        exchange[lane + lanes] = strands.Y;
        exchange[lane + 2 * lanes] = strands.Z;
        exchange[lane + 3 * lanes] = strands.W;
    }

    /// <summary>Every lane's sum from its own four strands; all threads of the group call it. A barrier where strands are
    /// exchanged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(ArrayView<float> exchange, ArrayView<float> sums, int lanes)
    {
        if (!TAccess.Exchanges)
        {
            return;
        }

        Group.Barrier();
        for (var lane = Group.IdxX; lane < lanes; lane += Group.DimX)
        {
            Float4 own = exchange.Cast<Float4>()[lane];
            sums[lane] = RowFold.Lane(own);
        }
    }
}
