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

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> action,
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
        where T12 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12) =>
            KernelLaunch.RunIndexed(
                accelerator,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8, A9 = a9, A10 = a10, A11 = a11, A12 = a12 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> action,
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
        where T12 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> action)
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
        where T12 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> action)
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
        where T12 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> action,
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
        where T12 : struct
        where T13 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13) =>
            KernelLaunch.RunIndexed(
                accelerator,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8, A9 = a9, A10 = a10, A11 = a11, A12 = a12, A13 = a13 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> action,
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
        where T12 : struct
        where T13 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> action)
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
        where T12 : struct
        where T13 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> action)
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
        where T12 : struct
        where T13 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> LoadImplicitlyGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> action,
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
        where T12 : struct
        where T13 : struct
        where T14 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        int groupSize = KernelLaunch.CheckGroupSize(accelerator, customGroupSize);
        return (stream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14) =>
            KernelLaunch.RunIndexed(
                accelerator,
                extent,
                groupSize,
                new IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8, A9 = a9, A10 = a10, A11 = a11, A12 = a12, A13 = a13, A14 = a14 });
    }

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> LoadImplicitlyGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> action,
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
        where T12 : struct
        where T13 : struct
        where T14 : struct
    {
        var launcher = LoadImplicitlyGroupedKernel(accelerator, action, customGroupSize);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
    }

    public static Action<AcceleratorStream, TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> LoadAutoGroupedKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> action)
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
        where T12 : struct
        where T13 : struct
        where T14 : struct =>
        LoadImplicitlyGroupedKernel(accelerator, action, 1);

    public static Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> LoadAutoGroupedStreamKernel<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(
        this Accelerator accelerator,
        Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> action)
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
        where T12 : struct
        where T13 : struct
        where T14 : struct
    {
        var launcher = LoadAutoGroupedKernel(accelerator, action);
        return (extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14) => launcher(accelerator.DefaultStream, extent, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
    }
}
