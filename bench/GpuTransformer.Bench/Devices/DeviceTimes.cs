using System.Reflection;
using BenchmarkDotNet.Attributes;
using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench;

/// <summary>What the device's own events say of each benchmark, beside the host's clock that BenchmarkDotNet reads. All
/// benchmarks run in this process, so that a table in memory is enough.</summary>
internal static class DeviceTimes
{
    private const int Batches = 9;
    private const double BatchSeconds = 0.008;
    private const int MostRuns = 2000;
    private static readonly Dictionary<string, Series> s_times = [];

    /// <summary>Times a case by events, where its stream has them.</summary>
    public static void Measure(object benchmark, BenchCase benchCase)
    {
        if (!BatchClock.HasEvents(benchCase.Stream))
        {
            return;
        }

        var runs = Math.Clamp((int)(BatchSeconds / benchCase.Time(1)), 1, MostRuns);
        var series = new Series();
        for (var i = 0; i < Batches; i++)
        {
            series.Add(benchCase.Time(runs));
        }

        s_times[KeyOf(benchmark)] = series;
    }

    /// <summary>The times of a benchmark with these parameters; null where it has none.</summary>
    public static Series? Of(Type benchmark, IEnumerable<(string Name, object? Value)> parameters) =>
        s_times.GetValueOrDefault(KeyOf(benchmark, parameters));

    private static string KeyOf(object benchmark)
    {
        // What runs is a class that was made of the benchmark's.
        var type = benchmark.GetType();
        while (type.Assembly != typeof(DeviceTimes).Assembly)
        {
            type = type.BaseType!;
        }

        return KeyOf(
            type,
            type.GetProperties()
                .Where(p => p.GetCustomAttribute<ParamsAttribute>() is not null || p.GetCustomAttribute<ParamsSourceAttribute>() is not null)
                .Select(p => (p.Name, p.GetValue(benchmark))));
    }

    private static string KeyOf(Type type, IEnumerable<(string Name, object? Value)> parameters) =>
        $"{type.Name} {string.Join(", ", parameters.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}={p.Value}"))}";
}
