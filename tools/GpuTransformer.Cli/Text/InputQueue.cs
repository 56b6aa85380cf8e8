using System.Runtime.ExceptionServices;

namespace GpuTransformer.Cli.Text;

/// <summary>Inputs read ahead on a thread of its own, within a budget: who writes one line and waits for its answer gets
/// it, and who pipes in a large file never makes the reader run away.</summary>
internal sealed class InputQueue : IDisposable
{
    private const int MostItems = 1 << 14;
    private const long MostLetters = 16L << 20;

    private readonly Lock _gate = new();
    private readonly Queue<TextInput> _items = [];
    private readonly ManualResetEventSlim _changed = new();
    private readonly ManualResetEventSlim _room = new();
    private long _letters;
    private bool _ended;
    private volatile bool _stopped;
    private Exception? _error;

    /// <summary>Starts reading.</summary>
    public InputQueue(IEnumerable<TextInput> inputs) =>
        new Thread(() => Read(inputs)) { IsBackground = true, Name = "input" }.Start();

    /// <summary>The next inputs: waits for one, then takes those that are there; none at the end.</summary>
    /// <param name="items">Most inputs.</param>
    /// <param name="letters">They end once they hold this many letters.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public List<TextInput> Take(int items, long letters, CancellationToken cancellation)
    {
        var taken = new List<TextInput>();
        while (true)
        {
            lock (_gate)
            {
                while (taken.Count < items && letters > 0 && _items.TryDequeue(out var input))
                {
                    taken.Add(input);
                    letters -= Size(input);
                    _letters -= Size(input);
                }

                if (taken.Count > 0)
                {
                    _room.Set();
                    return taken;
                }

                if (_error is not null)
                {
                    ExceptionDispatchInfo.Throw(_error);
                }

                if (_ended)
                {
                    return taken;
                }

                _changed.Reset();
            }

            _changed.Wait(cancellation);
        }
    }

    /// <summary>Stops reading. The thread may still stand in a read that nothing can end; it holds nothing up.</summary>
    public void Dispose()
    {
        _stopped = true;
        _room.Set();
    }

    private static long Size(TextInput input) => input.Text.Length + (input.Pair?.Length ?? 0);

    private void Read(IEnumerable<TextInput> inputs)
    {
        Exception? error = null;
        try
        {
            var number = 0;
            foreach (var read in inputs)
            {
                var input = read with { Number = number };
                number = unchecked(number + 1);
                while (!_stopped && !TryAdd(input))
                {
                    _room.Wait();
                }

                if (_stopped)
                {
                    return;
                }
            }
        }
        catch (Exception caught)
        {
            // Thrown again where the answers are made, after those of the inputs before it.
            error = caught;
        }

        lock (_gate)
        {
            (_error, _ended) = (error, true);
            _changed.Set();
        }
    }

    private bool TryAdd(TextInput input)
    {
        lock (_gate)
        {
            if (_items.Count > 0 && (_items.Count >= MostItems || _letters >= MostLetters))
            {
                _room.Reset();
                return false;
            }

            _items.Enqueue(input);
            _letters += Size(input);
            _changed.Set();
            return true;
        }
    }
}
