namespace GpuTransformer.Models;

/// <summary>Sessions that are not in use. Each caller has one of its own while it works, so any number of threads may
/// use a model at a time.</summary>
/// <param name="shapes">Idle runs that are kept although they do not fit what is asked for: where calls of several sizes
/// take turns, each finds its own again.</param>
internal sealed class RunPool<TRun>(int shapes = 1) : IDisposable
    where TRun : class, IDisposable
{
    private const int Most = 8;
    private readonly List<TRun> _idle = [];
    private bool _disposed;

    /// <summary>The idle run that was used last of those that fit, or a new one; where there are too many that do not
    /// fit, the oldest is let go.</summary>
    public TRun Rent(Func<TRun, bool> fits, Func<TRun> make)
    {
        TRun? tooMany = null;
        lock (_idle)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                if (fits(_idle[i]))
                {
                    var run = _idle[i];
                    _idle.RemoveAt(i);
                    return run;
                }
            }

            if (_idle.Count >= shapes)
            {
                tooMany = _idle[0];
                _idle.RemoveAt(0);
            }
        }

        tooMany?.Dispose();
        return make();
    }

    /// <summary>Gives a run back after use.</summary>
    public void Return(TRun run)
    {
        lock (_idle)
        {
            if (!_disposed && _idle.Count < Most)
            {
                _idle.Add(run);
                return;
            }
        }

        run.Dispose();
    }

    public void Dispose()
    {
        TRun[] idle;
        lock (_idle)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        Array.ForEach(idle, run => run.Dispose());
    }
}
