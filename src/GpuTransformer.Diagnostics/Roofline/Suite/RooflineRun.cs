using System.Diagnostics;
using GpuTransformer.Kernels;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Measures the rows of a report, family by family: the rows of one, what stands beside them and the peaks that
/// they are held against in alternating rounds.</summary>
internal sealed class RooflineRun : IDisposable
{
    // Weights of whole models take long to make, and one round is worth more than none.
    private const double Preparation = 0.8;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly BenchDevice _device;
    private readonly RooflineScale _scale;
    private readonly IReadOnlyList<RooflineEntry> _entries;
    private readonly RooflineResources _resources;
    private readonly Lazy<PeakSet> _peaks;
    private readonly CardPeak? _card;
    private readonly CublasLibrary? _cublas;
    private readonly int _threads;
    private readonly IReadOnlyList<string> _remarks;
    private TimeSpan _compiling;
    private RooflineReport _report;

    /// <param name="device">Where.</param>
    /// <param name="scale">How large, and how long.</param>
    /// <param name="words">Only rows whose names contain all of these.</param>
    /// <exception cref="ArgumentException">No row does.</exception>
    public RooflineRun(BenchDevice device, RooflineScale scale, IReadOnlyList<string> words)
    {
        _device = device;
        _scale = scale;
        var all = RooflineSuite.Entries(scale);
        _entries = [.. all.Where(e => RooflineSuite.Matches(e, words))];
        if (_entries.Count == 0)
        {
            throw new ArgumentException(
                $"--filter: no row contains '{string.Join("' and '", words)}'; there are: {string.Join("; ", all.Select(e => e.Name))}");
        }

        _threads = device.IsCpu ? CpuPool.Shared.Threads : 0;
        _resources = new RooflineResources(device, scale);
        _peaks = new Lazy<PeakSet>(() => device.IsCpu ? PeakSet.OfCpu([_threads]) : PeakSet.OfDevice(device, _resources.Arrays));
        _card = CardPeak.Of(device.Accelerator);
        _cublas = CublasLibrary.TryOpen(device.Stream, out var cublas);
        _remarks = device.Kernels.Traits.Kind == DeviceKind.Cuda ? [cublas, .. _card is null ? [] : new[] { $"card's peak: {_card.Origin}" }] : [];
        _report = RooflineMachine.Describe(device) with { Remarks = _remarks };
    }

    /// <summary>What there is so far.</summary>
    public RooflineReport Report => _report;

    /// <summary>Runs every family.</summary>
    /// <param name="finished">Called after each family with all that there is so far; the last report is complete.</param>
    /// <param name="cancellation">Ends the run between rows.</param>
    public RooflineReport Run(Action<RowFamily, RooflineReport> finished, CancellationToken cancellation)
    {
        var families = _entries.GroupBy(e => e.Family).ToArray();
        for (var i = 0; i < families.Length; i++)
        {
            var left = families[i..].Sum(f => WeightOf(f.Key));
            Measure([.. families[i]], (_scale.Limit - _clock.Elapsed + _compiling) * (WeightOf(families[i].Key) / left), cancellation);
            _resources.EndSection();
            _report = _report with
            {
                Roofs = RooflineRoofs.Of(_peaks.IsValueCreated ? _peaks.Value : null, _card),
                Seconds = _clock.Elapsed.TotalSeconds,
                Remarks = _device.Kernels.Compiled is { Kernels: > 0 } compiled ? [.. _remarks, compiled.ToString()] : _remarks,
                IsComplete = i == families.Length - 1,
            };
            finished(families[i].Key, _report);
        }

        return _report;
    }

    /// <summary>Runs each row once and checks it: what a profiler wants.</summary>
    /// <param name="ran">Called with each row's name.</param>
    /// <exception cref="InvalidOperationException">A result is wrong.</exception>
    public void Once(Action<string> ran)
    {
        foreach (var entry in _entries)
        {
            using var benchCase = entry.Make(_resources);
            benchCase.Run();
            benchCase.Verify();
            ran(entry.Name);
        }
    }

    public void Dispose()
    {
        _cublas?.Dispose();
        if (_peaks.IsValueCreated)
        {
            _peaks.Value.Dispose();
        }

        _resources.Dispose();
    }

    /// <summary>Parts of the time.</summary>
    private static double WeightOf(RowFamily family) => family switch
    {
        RowFamily.MatMul => 4,
        RowFamily.Attention => 3,
        RowFamily.Rows => 3,
        RowFamily.Weights => 2,
        RowFamily.Model => 5,
        _ => 0.5,
    };

    private void Measure(IReadOnlyList<RooflineEntry> entries, TimeSpan limit, CancellationToken cancellation)
    {
        var rounds = new AlternatingRounds(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, BenchDevice.UseThreads, Preparation);
        var made = new List<(RooflineEntry Entry, Measurement Ours, Measurement? Cublas, double FirstSeconds)>();
        var cases = new List<BenchCase>();
        try
        {
            if (entries[0].Family != RowFamily.Launch)
            {
                Attempt("peaks", () => _peaks.Value.Measurements.Where(p => Needs(entries[0].Family, p)).ToList().ForEach(rounds.Prepare));
            }

            foreach (var entry in entries)
            {
                cancellation.ThrowIfCancellationRequested();
                Attempt(entry.Name, () => made.Add(Make(entry, rounds, cases)));
            }

            Attempt($"{entries[0].Family}", () => rounds.Measure(_scale.Rounds));
            foreach (var (entry, ours, cublas, seconds) in made)
            {
                Add(entry, ours, cublas, seconds);
            }
        }
        finally
        {
            _compiling += TimeSpan.FromSeconds(rounds.Compiling);
            cases.ForEach(c => c.Dispose());
        }
    }

    private (RooflineEntry Entry, Measurement Ours, Measurement? Cublas, double FirstSeconds) Make(
        RooflineEntry entry, AlternatingRounds rounds, List<BenchCase> cases)
    {
        var begin = Stopwatch.GetTimestamp();
        var benchCase = entry.Make(_resources);
        cases.Add(benchCase);
        var ours = new Measurement(benchCase, _threads);
        rounds.Prepare(ours);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        if (_cublas is null || CublasCase.Beside(_cublas, benchCase) is not { } besides)
        {
            return (entry, ours, null, seconds);
        }

        var cublas = new Measurement(besides, _threads);
        Attempt($"cuBLAS, {entry.Name}", () => rounds.Prepare(cublas));
        return (entry, ours, cublas, seconds);
    }

    /// <summary>One row's failure is a line of the report and no end of the run.</summary>
    private void Attempt(string name, Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is GpuTransformerException or InvalidOperationException or AcceleratorException)
        {
            _report = _report with { Failures = [.. _report.Failures, new Unmeasured(name, error.Message)] };
        }
    }

    private void Add(RooflineEntry entry, Measurement ours, Measurement? cublas, double seconds)
    {
        if (ours.Times.Count == 0)
        {
            _report = _report with { LeftOut = [.. _report.LeftOut, new Unmeasured(entry.Name, "the time was up")] };
            return;
        }

        var peak = entry.Family == RowFamily.Launch ? null : _peaks.Value.For(ours);
        var card = _card is null || peak is null ? (double?)null : (ours.Case.Work.IsMemoryBound ? _card.BytesPerSecond : _card.FlopsPerSecond) / 1e9;
        var row = new RooflineRow
        {
            Family = entry.Family,
            Name = entry.Name,
            Variant = ours.Case.Variant,
            Time = TimeSpread.Of(ours.Times),
            Work = ours.Case.Work,
            ShareOfCard = ours.Rate / card,
            ShareOfMeasured = peak is { Times.Count: > 0 } ? ours.Rate / peak.Rate : null,
            MeasuredPeak = peak is null ? null : RooflineRoofs.NameOf(peak.Case),
            Cublas = cublas is { Times.Count: > 0 } ? TimeSpread.Of(cublas.Times) : null,
            Target = entry.Target,
            FirstSeconds = seconds,
        };
        _report = _report with { Rows = [.. _report.Rows, row with { TargetValue = _report.IsCard ? ValueOf(row) : null }] };
    }

    private double? ValueOf(RooflineRow row) => row.Target?.Measure switch
    {
        TargetMeasure.ShareOfCublas => row.ShareOfCublas,
        TargetMeasure.ShareOfPeak => row.ShareOfCard ?? row.ShareOfMeasured,
        TargetMeasure.ShareOfCopy => _peaks.Value.Copy is { Times.Count: > 0 } copy ? row.BytesPerSecond / 1e9 / copy.Rate : null,
        TargetMeasure.Milliseconds => row.Time.Median * 1e3,
        TargetMeasure.Microseconds => row.Time.Median * 1e6,
        _ => null,
    };

    /// <summary>Whether a family's rows are held against a loop.</summary>
    private static bool Needs(RowFamily family, Measurement peak) => family switch
    {
        RowFamily.MatMul or RowFamily.Attention => !peak.Case.Work.IsMemoryBound,
        RowFamily.Rows or RowFamily.Weights => peak.Case.Work.IsMemoryBound,
        RowFamily.Model => true,
        _ => false,
    };
}
