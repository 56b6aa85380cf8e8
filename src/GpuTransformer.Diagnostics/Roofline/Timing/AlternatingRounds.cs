using System.Diagnostics;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Times all cases in rounds, one batch of each a round: what disturbs the machine for a while disturbs all
/// alike, and a median over rounds compares what was measured side by side.</summary>
internal sealed class AlternatingRounds
{
    private const double BatchSeconds = 0.008;
    private const int MostRunsInBatch = 5000;
    private const double WarmUpSeconds = 0.03;
    private const int MostWarmUpRuns = 100;

    // A run this long needs no warm-up, and its first run is a figure: there may be no time for another.
    private const double SlowSeconds = 0.25;

    private readonly double _preparation;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly TimeSpan _limit;
    private readonly Action<int> _useThreads;
    private readonly List<Measurement> _measurements = [];
    private readonly Dictionary<Measurement, double> _spent = [];
    private readonly List<Measurement> _leftOut = [];

    /// <param name="limit">The time for all; it is passed by one batch at most.</param>
    /// <param name="useThreads">Sets the threads of the CPU variant.</param>
    /// <param name="preparation">The part of the time after which nothing more is prepared.</param>
    public AlternatingRounds(TimeSpan limit, Action<int> useThreads, double preparation = 0.5)
    {
        _preparation = preparation;
        _limit = limit;
        _useThreads = useThreads;
    }

    /// <summary>Seconds that first launches took longer than the next; the limit does not count them.</summary>
    public double Compiling { get; private set; }

    private TimeSpan Elapsed => _clock.Elapsed - TimeSpan.FromSeconds(Compiling);

    /// <summary>What was measured.</summary>
    public IReadOnlyList<Measurement> Measurements => _measurements;

    /// <summary>What the time was too short for.</summary>
    public IReadOnlyList<Measurement> LeftOut => _leftOut;

    /// <summary>Runs a case until its code is compiled and its memory touched, checks its result, and sizes its batch; one
    /// that earlier rounds have prepared just joins.</summary>
    public void Prepare(Measurement measurement)
    {
        if (measurement.Times.Count > 0)
        {
            _measurements.Add(measurement);
            return;
        }

        if (Elapsed > _limit * _preparation)
        {
            _leftOut.Add(measurement);
            return;
        }

        _useThreads(measurement.Threads);
        var seconds = measurement.Case.Time(1);
        measurement.Case.Verify();
        if (seconds >= SlowSeconds)
        {
            // Drivers compile at the first launch, which is neither a figure nor time that the rounds have spent.
            var first = seconds;
            seconds = measurement.Case.Time(1);
            Compiling += Math.Max(0, first - seconds);
        }

        if (seconds < SlowSeconds)
        {
            seconds = measurement.Case.Time(1);
            seconds = measurement.Case.Time(Math.Clamp((int)(WarmUpSeconds / seconds), 1, MostWarmUpRuns));
            measurement.Runs = Math.Clamp((int)(BatchSeconds / seconds), 1, MostRunsInBatch);
        }
        else
        {
            measurement.Times.Add(seconds);
        }

        _measurements.Add(measurement);
    }

    /// <summary>Up to this many rounds, in an order that turns round each time.</summary>
    public void Measure(int rounds)
    {
        var part = 2 * (_limit - Elapsed) / Math.Max(1, _measurements.Count);
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < _measurements.Count; i++)
            {
                var measurement = _measurements[round % 2 == 0 ? i : _measurements.Count - 1 - i];
                if (measurement.Times.Count == 0 || (Elapsed < _limit && _spent.GetValueOrDefault(measurement) < part.TotalSeconds))
                {
                    Measure(measurement);
                }
            }
        }
    }

    private void Measure(Measurement measurement)
    {
        _useThreads(measurement.Threads);
        if (measurement.Times.Count == 0 || measurement.Times.Least < SlowSeconds)
        {
            // Not timed: it brings back the data and the threads.
            measurement.Case.Run();
        }

        var seconds = measurement.Case.Time(measurement.Runs);
        measurement.Times.Add(seconds);
        _spent[measurement] = _spent.GetValueOrDefault(measurement) + seconds * measurement.Runs;
    }
}
