using ILGPU.Execution;

namespace ILGPU.Runtime;

/// <summary>Turns kernels over an index into launchers that take an extent.</summary>
public static partial class KernelLoaders
{
    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8, A9 = a9 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8, A9 = a9, A10 = a10 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
        where T11 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8, A9 = a9, A10 = a10, A11 = a11 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
        where T11 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
        where T11 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
        where T11 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
    }
}
