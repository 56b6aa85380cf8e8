using System.Diagnostics;

namespace GpuTransformer;

/// <summary>When the parts of a program's start began and ended: what a first answer waits for. Off, it records nothing;
/// parts may overlap, and the first of each name counts.</summary>
internal static class StartTimes
{
    private static readonly Lock s_lock = new();
    private static List<(string Name, long From, long To)>? s_parts;

    /// <summary>Records from now on.</summary>
    public static void Start() => s_parts = [];

    /// <summary>What was recorded, in the order in which it ended; times of <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public static IReadOnlyList<(string Name, long From, long To)> Parts
    {
        get
        {
            lock (s_lock)
            {
                return s_parts is null ? [] : [.. s_parts];
            }
        }
    }

    /// <summary>Measures until the result is disposed.</summary>
    public static Part Measure(string name) => new(name, s_parts is null ? 0 : Stopwatch.GetTimestamp());

    private static void End(string name, long from, long to)
    {
        lock (s_lock)
        {
            if (s_parts is { } parts && !parts.Exists(part => part.Name == name))
            {
                parts.Add((name, from, to));
            }
        }
    }

    /// <summary>A part that is running.</summary>
    public readonly struct Part(string name, long from) : IDisposable
    {
        /// <summary>Ends it.</summary>
        public void Dispose()
        {
            if (from != 0)
            {
                End(name, from, Stopwatch.GetTimestamp());
            }
        }
    }
}
