using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Checks that twice the input costs at most 2.5 times the work.</summary>
internal static partial class Scaling
{
    private const double MostAllowed = 2.5;
    private const int Attempts = 24;
    private const int Repeats = 3;

    /// <summary>Bytes allocated: the same on every run.</summary>
    public static void OfAllocation(Func<int, Action> make, int n)
    {
        (_, long once) = HostileRun.Measure(make(n));
        (_, long twice) = HostileRun.Measure(make(2 * n));
        Assert.True(twice <= MostAllowed * once, $"{once} bytes for {n}, {twice} bytes for {2 * n}");
    }

    /// <summary>Time of the calling thread: the best of some runs each, and one good attempt of several is enough, since other
    /// work on the machine only ever adds. A quadratic reader misses every attempt by far.</summary>
    public static void OfTime(Func<int, Action> make, int n)
    {
        Action small = make(n);
        Action large = make(2 * n);
        small();
        large();
        double least = double.MaxValue;
        for (int attempt = 0; attempt < Attempts && least > MostAllowed; attempt++)
        {
            least = Math.Min(least, Best(large) / Best(small));
        }
        Assert.True(least <= MostAllowed, $"{2 * n} took {least:0.00} times as long as {n}");
    }

    private static double Best(Action run)
    {
        double best = double.MaxValue;
        for (int i = 0; i < Repeats; i++)
        {
            double start = Now();
            run();
            best = Math.Min(best, Now() - start);
        }
        return best;
    }

    // Milliseconds that this thread has had a processor; where that is not to be known, of the clock on the wall.
    private static double Now()
    {
        const int ThreadCpuTime = 3;
        return OperatingSystem.IsLinux() && ClockGetTime(ThreadCpuTime, out TimeSpec time) == 0
            ? time.Seconds * 1e3 + time.Nanoseconds * 1e-6
            : Stopwatch.GetTimestamp() * 1e3 / Stopwatch.Frequency;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
