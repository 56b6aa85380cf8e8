using ILGPU.Execution;

namespace ILGPU.Runtime;

/// <summary>Turns kernels over an index into launchers that take an extent.</summary>
public static partial class KernelLoaders
{
    public static Action<AcceleratorStream, TIndex, T1> LoadImplicitlyGroupedKernel<TIndex, T1>(
        this Accelerator accelerator,
        Action<TIndex, T1> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1>(action) { A1 = a1 });
    }

    public static Action<TIndex, T1> LoadImplicitlyGroupedStreamKernel<TIndex, T1>(
        this Accelerator accelerator,
        Action<TIndex, T1> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1) => launcher(accelerator.DefaultStream, extent, a1);
    }

    public static Action<AcceleratorStream, TIndex, T1> LoadAutoGroupedKernel<TIndex, T1>(
        this Accelerator accelerator,
        Action<TIndex, T1> action)
        where TIndex : struct, IIndex
        where T1 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1> LoadAutoGroupedStreamKernel<TIndex, T1>(
        this Accelerator accelerator,
        Action<TIndex, T1> action)
        where TIndex : struct, IIndex
        where T1 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1) => launcher(accelerator.DefaultStream, extent, a1);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2> LoadImplicitlyGroupedKernel<TIndex, T1, T2>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2>(action) { A1 = a1, A2 = a2 });
    }

    public static Action<TIndex, T1, T2> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2) => launcher(accelerator.DefaultStream, extent, a1, a2);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2> LoadAutoGroupedKernel<TIndex, T1, T2>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2> LoadAutoGroupedStreamKernel<TIndex, T1, T2>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2) => launcher(accelerator.DefaultStream, extent, a1, a2);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3>(action) { A1 = a1, A2 = a2, A3 = a3 });
    }

    public static Action<TIndex, T1, T2, T3> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3) => launcher(accelerator.DefaultStream, extent, a1, a2, a3);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3> LoadAutoGroupedKernel<TIndex, T1, T2, T3>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3) => launcher(accelerator.DefaultStream, extent, a1, a2, a3);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4) =>
            KernelLaunch.RunIndexed(
                accelerator,
                stream,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4 });
    }

    public static Action<TIndex, T1, T2, T3, T4> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4> action,
        int customGroupSize)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4> action)
        where TIndex : struct, IIndex
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4);
    }
}
