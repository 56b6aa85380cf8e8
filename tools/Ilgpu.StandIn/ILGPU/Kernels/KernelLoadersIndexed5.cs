using ILGPU.Execution;

namespace ILGPU.Runtime;

/// <summary>Turns kernels over an index into launchers that take an extent.</summary>
public static partial class KernelLoaders
{
    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5, a6) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5, T6>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5, T6> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5, a6) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5, T6> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5, a6) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5, a6, a7) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5, a6, a7) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5, a6, a7) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8> action,
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
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5, a6, a7, a8) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8> action,
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
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8);
    }
}
