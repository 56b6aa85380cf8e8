using System.Diagnostics;
using System.Reflection;
using System.Runtime.ExceptionServices;

namespace GpuTransformer.Kernels;

/// <summary>Compiles the kernels of a plan before its first run, and keeps the account of every kernel that was compiled.
/// ILGPU's front end and optimizer take turns under a lock of its context; its code generator and the driver's compiler,
/// which takes the longer part, do not, so a few threads are worth while.</summary>
internal sealed class KernelCompiler(DeviceTraits traits)
{
    /// <summary>More wait for ILGPU's lock.</summary>
    private const int MostThreads = 4;

    private readonly object _gate = new();
    private readonly List<string> _variants = [];
    private readonly HashSet<MethodInfo> _kernels = [];
    private int _running;
    private long _started;
    private TimeSpan _time;

    /// <summary>What was compiled up to now, ahead or at a first launch.</summary>
    public CompileReport Report
    {
        get
        {
            lock (_gate)
            {
                return new CompileReport(traits.Name, _kernels.Count, _time, [.. _variants]);
            }
        }
    }

    /// <summary>Told of what <see cref="Compile"/> compiled, when it compiled something.</summary>
    public Action<CompileReport>? Notice { get; set; }

    /// <summary>Compiles what is not compiled yet.</summary>
    /// <param name="kernels">What a plan launches, in any order; each is compiled once.</param>
    /// <exception cref="DeviceException">The device's compiler refuses one.</exception>
    public void Compile(IEnumerable<LoadedKernel> kernels)
    {
        var pending = kernels.Where(kernel => !kernel.IsCompiled).Distinct().ToArray();
        if (pending.Length == 0)
        {
            return;
        }

        var before = Report;
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(MostThreads, Environment.ProcessorCount) };
            Parallel.ForEach(pending, options, kernel => kernel.Compile());
        }
        catch (AggregateException error)
        {
            ExceptionDispatchInfo.Throw(error.Flatten().InnerExceptions[0]);
        }

        var after = Report;
        Notice?.Invoke(new CompileReport(
            traits.Name, after.Kernels - before.Kernels, after.Time - before.Time, [.. after.Variants.Skip(before.Variants.Count)]));
    }

    /// <summary>Runs a compilation on the account.</summary>
    /// <param name="variant">Which variant.</param>
    /// <param name="kernels">Its kernels; one that variants share counts once.</param>
    /// <param name="compile">Compiles them.</param>
    public T Count<T>(string variant, IEnumerable<MethodInfo> kernels, Func<T> compile)
    {
        lock (_gate)
        {
            if (_running++ == 0)
            {
                _started = Stopwatch.GetTimestamp();
            }
        }

        try
        {
            var made = compile();
            lock (_gate)
            {
                _variants.Add(variant);
                _kernels.UnionWith(kernels);
            }

            return made;
        }
        finally
        {
            lock (_gate)
            {
                if (--_running == 0)
                {
                    _time += Stopwatch.GetElapsedTime(_started);
                }
            }
        }
    }
}
