using ILGPU.Algorithms.ScanReduceOperations;
using ILGPU.Execution;

namespace ILGPU.Algorithms;

/// <summary>Reductions and scans over the lanes of a warp.</summary>
public static class WarpExtensions
{
    /// <summary>The package defines the result in the warp's first lane only; the others get poison here.</summary>
    public static T Reduce<T, TReduction>(T value)
        where T : unmanaged
        where TReduction : struct, IScanReduceOperation<T>
    {
        T result = AllReduce<T, TReduction>(value);
        return Warp.IsFirstLane ? result : Reduction.Poison<T>();
    }

    public static T AllReduce<T, TReduction>(T value)
        where T : unmanaged
        where TReduction : struct, IScanReduceOperation<T> =>
        Reduction.Fold<T, TReduction>(GroupRun.Current.WarpReduction(value));

    public static T ExclusiveScan<T, TScan>(T value)
        where T : unmanaged
        where TScan : struct, IScanReduceOperation<T> =>
        Reduction.Fold<T, TScan>(GroupRun.Current.WarpReduction(value)[..Warp.LaneIdx]);

    public static T InclusiveScan<T, TScan>(T value)
        where T : unmanaged
        where TScan : struct, IScanReduceOperation<T> =>
        Reduction.Fold<T, TScan>(GroupRun.Current.WarpReduction(value)[..(Warp.LaneIdx + 1)]);
}
