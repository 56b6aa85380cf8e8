using ILGPU.Algorithms.ScanReduceOperations;
using ILGPU.Execution;

namespace ILGPU.Algorithms;

/// <summary>Reductions and scans over the threads of a group.</summary>
public static class GroupExtensions
{
    /// <summary>The package defines the result in the group's first thread only; the others get poison here.</summary>
    public static T Reduce<T, TReduction>(T value)
        where T : unmanaged
        where TReduction : struct, IScanReduceOperation<T>
    {
        T result = AllReduce<T, TReduction>(value);
        return Group.IsFirstThread ? result : Reduction.Poison<T>();
    }

    public static T AllReduce<T, TReduction>(T value)
        where T : unmanaged
        where TReduction : struct, IScanReduceOperation<T> =>
        Reduction.Fold<T, TReduction>(GroupRun.Current.GroupReduction(value));

    public static T ExclusiveScan<T, TScanOperation>(T value)
        where T : unmanaged
        where TScanOperation : struct, IScanReduceOperation<T> =>
        Reduction.Fold<T, TScanOperation>(GroupRun.Current.GroupReduction(value)[..Group.LinearIndex]);

    public static T InclusiveScan<T, TScanOperation>(T value)
        where T : unmanaged
        where TScanOperation : struct, IScanReduceOperation<T> =>
        Reduction.Fold<T, TScanOperation>(GroupRun.Current.GroupReduction(value)[..(Group.LinearIndex + 1)]);
}
