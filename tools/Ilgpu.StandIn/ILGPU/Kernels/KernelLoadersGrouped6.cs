using ILGPU.Execution;

namespace ILGPU.Runtime;

/// <summary>Turns kernels into launchers that take groups and threads explicitly.</summary>
public static partial class KernelLoaders
{
    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> LoadKernel<T1, T2, T3, T4, T5, T6>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        return (stream, config, a1, a2, a3, a4, a5, a6) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1, T2, T3, T4, T5, T6>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> LoadKernel<T1, T2, T3, T4, T5, T6>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct => LoadKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6> LoadStreamKernel<T1, T2, T3, T4, T5, T6>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        var launcher = LoadKernel(accelerator, action);
        return (config, a1, a2, a3, a4, a5, a6) => launcher(accelerator.DefaultStream, config, a1, a2, a3, a4, a5, a6);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6> LoadStreamKernel<T1, T2, T3, T4, T5, T6>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> LoadKernel<T1, T2, T3, T4, T5, T6, T7>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        return (stream, config, a1, a2, a3, a4, a5, a6, a7) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1, T2, T3, T4, T5, T6, T7>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> LoadKernel<T1, T2, T3, T4, T5, T6, T7>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct => LoadKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        var launcher = LoadKernel(accelerator, action);
        return (config, a1, a2, a3, a4, a5, a6, a7) => launcher(accelerator.DefaultStream, config, a1, a2, a3, a4, a5, a6, a7);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8> action)
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
        return (stream, config, a1, a2, a3, a4, a5, a6, a7, a8) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1, T2, T3, T4, T5, T6, T7, T8>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct => LoadKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
    {
        var launcher = LoadKernel(accelerator, action);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8) => launcher(accelerator.DefaultStream, config, a1, a2, a3, a4, a5, a6, a7, a8);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> action)
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
        return (stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1, T2, T3, T4, T5, T6, T7, T8, T9>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8, A9 = a9 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct => LoadKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> action)
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
        var launcher = LoadKernel(accelerator, action);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8, a9) => launcher(accelerator.DefaultStream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> action)
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
        return (stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5, A6 = a6, A7 = a7, A8 = a8, A9 = a9, A10 = a10 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct => LoadKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> action)
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
        var launcher = LoadKernel(accelerator, action);
        return (config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) => launcher(accelerator.DefaultStream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> LoadStreamKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);
}
