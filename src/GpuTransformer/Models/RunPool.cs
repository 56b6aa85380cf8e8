using System.Collections.Concurrent;

namespace GpuTransformer.Models;

/// <summary>Sessions that are not in use. Each caller has one of its own while it works, so any number of threads may
/// use a model at a time.</summary>
internal sealed class RunPool<TRun> : IDisposable
    where TRun : class, IDisposable
{
    private const int Most = 8;
    private readonly ConcurrentBag<TRun> _idle = [];
    private bool _disposed;

    /// <summary>An idle run that fits, or a new one; one that does not fit is let go.</summary>
    public TRun Rent(Func<TRun, bool> fits, Func<TRun> make)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_idle.TryTake(out var idle))
        {
            if (fits(idle))
            {
                return idle;
            }

            idle.Dispose();
        }

        return make();
    }

    /// <summary>Gives a run back after use.</summary>
    public void Return(TRun run)
    {
        if (_disposed || _idle.Count >= Most)
        {
            run.Dispose();
        }
        else
        {
            _idle.Add(run);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var run))
        {
            run.Dispose();
        }
    }
}
