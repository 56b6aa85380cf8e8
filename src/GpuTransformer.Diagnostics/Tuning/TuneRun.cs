using System.Diagnostics;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Tuning;

/// <summary>Times the variants of each operation at the shapes of transformers, and throws out those that disagree with
/// the plain kernel.</summary>
internal static class TuneRun
{
    private const int Rounds = 7;

    // A part of the whole time for one shape at most, so that a slow device still sees many shapes.
    private const double LargestPart = 0.2;

    /// <summary>Measures until all shapes are done or the time is over.</summary>
    /// <param name="cases">What to tune; each is made when its turn comes, and freed.</param>
    /// <param name="limit">The time for all; what one shape needs may pass it.</param>
    /// <param name="done">Told of each shape.</param>
    /// <param name="cancellation">Stops after the shape that is being measured.</param>
    public static TuneReport Run(
        IReadOnlyList<Func<TuneCase>> cases, TimeSpan limit, Action<TunedShape> done, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        var shapes = new List<TunedShape>();
        for (var i = 0; i < cases.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (clock.Elapsed > limit)
            {
                return new TuneReport(shapes, cases.Count - i);
            }

            using var tuned = cases[i]();
            if (tuned.Candidates.Count > 1)
            {
                shapes.Add(Measure(tuned, limit * LargestPart));
                done(shapes[^1]);
            }
        }

        return new TuneReport(shapes, 0);
    }

    internal static TunedShape Measure(TuneCase tuned, TimeSpan limit)
    {
        var plain = tuned.Plain();
        var opened = new List<BenchCase>();
        var rejected = new List<(string, string)>();
        var rounds = new AlternatingRounds(limit, BenchDevice.UseThreads);
        try
        {
            foreach (var variant in tuned.Candidates)
            {
                try
                {
                    opened.Add(tuned.Open(variant, plain));
                    rounds.Prepare(new Measurement(opened[^1], 0));
                }
                catch (Exception error) when (error is InvalidOperationException or DeviceException)
                {
                    rejected.Add((variant, error.Message));
                }
            }

            rounds.Measure(Rounds);
            var times = rounds.Measurements
                .Where(m => m.Times.Count > 0)
                .Select(m => (m.Case.Variant, m.Times.Median))
                .OrderBy(t => t.Median)
                .ToList();
            return new TunedShape(tuned.Operation, tuned.Shape, tuned.Class, tuned.BuiltIn, times, rejected);
        }
        finally
        {
            opened.ForEach(o => o.Dispose());
        }
    }
}
