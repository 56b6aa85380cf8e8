using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Reads indices that come from outside, so that none leads out of a table.</summary>
internal static class IdGuard
{
    /// <summary>ids[at] where it is in [0, count), else 0; where <paramref name="reports"/> is set, row + 1 of an id
    /// outside is left in the status (the largest such).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read(
        ArrayView<int> ids, int at, int count, int row, bool reports, ArrayView<int> status, int statusSlot)
    {
        var id = ids[at];
        if ((uint)id < (uint)count)
        {
            return id;
        }

        if (reports)
        {
            Atomic.Max(ref status[statusSlot], row + 1);
        }

        return 0;
    }
}
