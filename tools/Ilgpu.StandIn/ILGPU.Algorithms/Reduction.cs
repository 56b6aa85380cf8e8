using System.Runtime.CompilerServices;
using ILGPU.Algorithms.ScanReduceOperations;

namespace ILGPU.Algorithms;

internal static class Reduction
{
    internal static T Fold<T, TReduction>(ReadOnlySpan<T> values)
        where T : unmanaged
        where TReduction : struct, IScanReduceOperation<T>
    {
        TReduction operation = default;
        T result = operation.Identity;
        foreach (T value in values)
            result = operation.Apply(result, value);
        return result;
    }

    internal static T Poison<T>()
        where T : unmanaged
    {
        Unsafe.SkipInit(out T value);
        Unsafe.InitBlock(ref Unsafe.As<T, byte>(ref value), 0xFF, (uint)Unsafe.SizeOf<T>());
        return value;
    }
}
