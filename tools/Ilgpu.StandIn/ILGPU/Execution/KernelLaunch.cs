using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU.Runtime;

namespace ILGPU.Execution;

/// <summary>What a launch checks before its kernel runs.</summary>
internal static class KernelLaunch
{
    internal static void CheckEntryPoint(Delegate kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (kernel.Target != null && !IsClosureFree(kernel.Target))
            throw new NotSupportedException($"{kernel.Method.Name} is not static: a kernel must be.");
        foreach (var parameter in kernel.Method.GetParameters())
            ParameterTypes.CheckParameter(parameter.ParameterType);
    }

    /// <summary>A lambda that captures nothing lives on an object without fields.</summary>
    private static bool IsClosureFree(object target) =>
        target.GetType().IsDefined(typeof(CompilerGeneratedAttribute), false) &&
        target.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Length == 0;

    internal static Accelerator Check(Accelerator accelerator, KernelSpecialization specialization) =>
        specialization.IsCompatibleWith(accelerator)
            ? accelerator
            : throw new NotSupportedException(
                $"A kernel for groups of {specialization.MaxNumThreadsPerGroup} threads does not fit a device " +
                $"whose groups have at most {accelerator.MaxNumThreadsPerGroup}.");

    /// <summary>A launch of a larger group than the kernel was compiled for fails, as it does on CUDA.</summary>
    internal static Action<AcceleratorStream, KernelConfig, T> Limit<T>(
        Action<AcceleratorStream, KernelConfig, T> launcher, KernelSpecialization specialization)
        where T : struct =>
        specialization.MaxNumThreadsPerGroup is not { } most
            ? launcher
            : (stream, config, argument) =>
            {
                if (config.GroupDim.LongSize > most)
                {
                    throw new ArgumentOutOfRangeException(
                        nameof(config),
                        $"A group of {config.GroupDim} threads is launched of a kernel compiled for {most}.");
                }
                launcher(stream, config, argument);
            };

    internal static int CheckGroupSize(Accelerator accelerator, int customGroupSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(customGroupSize);
        return customGroupSize == 0 ? accelerator.WarpSize : customGroupSize;
    }

    internal static void Run(Accelerator accelerator, AcceleratorStream stream, in KernelConfig config, KernelTask task)
    {
        CheckBounds(accelerator, config);
        if (config.UsesDynamicSharedMemory && !DynamicMemoryUse.In(task.Kernel.Method))
        {
            throw new InvalidOperationException(
                $"{task.Kernel.Method.Name} is launched with dynamic shared memory but never asks for it.");
        }
        if (GroupRun.CurrentOrNull != null)
            KernelFault.Fail("A kernel cannot launch a kernel.");
        task.Prepare(accelerator, config);
        if (accelerator.Late is { } late)
            late.Add(stream, task);
        else
            RunNow(accelerator, task);
    }

    internal static void RunNow(Accelerator accelerator, KernelTask task)
    {
        lock (accelerator.LaunchLock)
        {
            if (accelerator.Races is { } check)
                RunChecked(task, check);
            else
                task.Run();
        }
    }

    internal static void RunIndexed<TIndex>(
        Accelerator accelerator, AcceleratorStream stream, TIndex extent, int groupSize, KernelTask task)
        where TIndex : struct, IIndex
    {
        var size = extent switch
        {
            Index1D one => new Index3D(one.X, 1, 1),
            Index2D two => new Index3D(two.X, two.Y, 1),
            Index3D three => three,
            LongIndex1D one => new Index3D(one.ToIntIndex().X, 1, 1),
            LongIndex2D two => new Index3D(two.ToIntIndex().X, two.ToIntIndex().Y, 1),
            LongIndex3D three => three.ToIntIndex(),
            _ => throw new NotSupportedException($"A kernel cannot run over {typeof(TIndex)}."),
        };
        task.UserDim = size;
        Run(
            accelerator,
            stream,
            new KernelConfig(
                new Index3D((size.X + groupSize - 1) / groupSize, size.Y, size.Z),
                new Index3D(groupSize, 1, 1)),
            task);
    }

    private static void RunChecked(KernelTask task, RaceCheck check)
    {
        AccessLog.Enter();
        try
        {
            task.Run();
        }
        finally
        {
            AccessLog.Exit();
        }
        check.ThrowIfAny(task.KernelName);
    }

    private static void CheckBounds(Accelerator accelerator, in KernelConfig config)
    {
        if (config.GridDim.LongSize < 1 || !config.GridDim.InBoundsInclusive(accelerator.MaxGridSize))
        {
            throw new ArgumentOutOfRangeException(
                nameof(config),
                $"A grid of {config.GridDim} groups is outside the device's {accelerator.MaxGridSize}.");
        }
        if (config.GroupDim.LongSize < 1 || !config.GroupDim.InBoundsInclusive(accelerator.MaxGroupSize))
        {
            throw new ArgumentOutOfRangeException(
                nameof(config),
                $"A group of {config.GroupDim} threads is outside the device's {accelerator.MaxGroupSize}.");
        }
        long warps = (config.GroupDim.LongSize + accelerator.WarpSize - 1) / accelerator.WarpSize;
        if (warps * accelerator.WarpSize > accelerator.MaxNumThreadsPerGroup)
        {
            throw new NotSupportedException(
                $"A group of {config.GroupDim.LongSize} threads takes {warps} warps of {accelerator.WarpSize}; " +
                $"the device has {accelerator.MaxNumThreadsPerGroup} threads a group.");
        }
    }
}
