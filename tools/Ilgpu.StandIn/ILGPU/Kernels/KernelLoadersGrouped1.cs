using ILGPU.Execution;

namespace ILGPU.Runtime;

/// <summary>Turns kernels into launchers that take groups and threads explicitly.</summary>
public static partial class KernelLoaders
{
    public static Action<AcceleratorStream, KernelConfig, T1> LoadKernel<T1>(
        this Accelerator accelerator,
        Action<T1> action)
        where T1 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        return (stream, config, a1) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1>(action) { A1 = a1 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1> LoadKernel<T1>(
        this Accelerator accelerator,
        Action<T1> action,
        KernelSpecialization specialization)
        where T1 : struct =>
        KernelLaunch.Limit(LoadKernel(KernelLaunch.Check(accelerator, specialization), action), specialization);

    public static Action<KernelConfig, T1> LoadStreamKernel<T1>(
        this Accelerator accelerator,
        Action<T1> action)
        where T1 : struct
    {
        var launcher = LoadKernel(accelerator, action);
        return (config, a1) => launcher(accelerator.DefaultStream, config, a1);
    }

    public static Action<KernelConfig, T1> LoadStreamKernel<T1>(
        this Accelerator accelerator,
        Action<T1> action,
        KernelSpecialization specialization)
        where T1 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<AcceleratorStream, KernelConfig, T1, T2> LoadKernel<T1, T2>(
        this Accelerator accelerator,
        Action<T1, T2> action)
        where T1 : struct
        where T2 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        return (stream, config, a1, a2) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1, T2>(action) { A1 = a1, A2 = a2 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2> LoadKernel<T1, T2>(
        this Accelerator accelerator,
        Action<T1, T2> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct => LoadKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<KernelConfig, T1, T2> LoadStreamKernel<T1, T2>(
        this Accelerator accelerator,
        Action<T1, T2> action)
        where T1 : struct
        where T2 : struct
    {
        var launcher = LoadKernel(accelerator, action);
        return (config, a1, a2) => launcher(accelerator.DefaultStream, config, a1, a2);
    }

    public static Action<KernelConfig, T1, T2> LoadStreamKernel<T1, T2>(
        this Accelerator accelerator,
        Action<T1, T2> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3> LoadKernel<T1, T2, T3>(
        this Accelerator accelerator,
        Action<T1, T2, T3> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        return (stream, config, a1, a2, a3) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1, T2, T3>(action) { A1 = a1, A2 = a2, A3 = a3 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3> LoadKernel<T1, T2, T3>(
        this Accelerator accelerator,
        Action<T1, T2, T3> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct => LoadKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<KernelConfig, T1, T2, T3> LoadStreamKernel<T1, T2, T3>(
        this Accelerator accelerator,
        Action<T1, T2, T3> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        var launcher = LoadKernel(accelerator, action);
        return (config, a1, a2, a3) => launcher(accelerator.DefaultStream, config, a1, a2, a3);
    }

    public static Action<KernelConfig, T1, T2, T3> LoadStreamKernel<T1, T2, T3>(
        this Accelerator accelerator,
        Action<T1, T2, T3> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> LoadKernel<T1, T2, T3, T4>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        return (stream, config, a1, a2, a3, a4) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1, T2, T3, T4>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> LoadKernel<T1, T2, T3, T4>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct => LoadKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<KernelConfig, T1, T2, T3, T4> LoadStreamKernel<T1, T2, T3, T4>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        var launcher = LoadKernel(accelerator, action);
        return (config, a1, a2, a3, a4) => launcher(accelerator.DefaultStream, config, a1, a2, a3, a4);
    }

    public static Action<KernelConfig, T1, T2, T3, T4> LoadStreamKernel<T1, T2, T3, T4>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> LoadKernel<T1, T2, T3, T4, T5>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        KernelLaunch.CheckEntryPoint(action);
        return (stream, config, a1, a2, a3, a4, a5) =>
            KernelLaunch.Run(
                accelerator,
                stream,
                config,
                new KernelTask<T1, T2, T3, T4, T5>(action) { A1 = a1, A2 = a2, A3 = a3, A4 = a4, A5 = a5 });
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> LoadKernel<T1, T2, T3, T4, T5>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct => LoadKernel(KernelLaunch.Check(accelerator, specialization), action);

    public static Action<KernelConfig, T1, T2, T3, T4, T5> LoadStreamKernel<T1, T2, T3, T4, T5>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        var launcher = LoadKernel(accelerator, action);
        return (config, a1, a2, a3, a4, a5) => launcher(accelerator.DefaultStream, config, a1, a2, a3, a4, a5);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5> LoadStreamKernel<T1, T2, T3, T4, T5>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5> action,
        KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct => LoadStreamKernel(KernelLaunch.Check(accelerator, specialization), action);
}
