using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Checks that an input that grows costs work in proportion.</summary>
internal static partial class Scaling
{
    private const double MostBytes = 2.5;
    private const int Growth = 16;
    private const double MostTime = 64;
    private const int Attempts = 40;
    private const int Repeats = 2;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Bytes allocated, the same on every run: twice the input takes at most 2.5 times as many.</summary>
    public static void OfAllocation(Func<int, Action> make, int n)
    {
        (_, long once) = HostileRun.Measure(make(n));
        (_, long twice) = HostileRun.Measure(make(2 * n));
        Assert.True(twice <= MostBytes * once, $"{once} bytes for {n}, {twice} bytes for {2 * n}");
    }

    /// <summary>Time of the calling thread: 16 times the input takes at most 64 times as long, half way in powers between what
    /// is linear (16) and what is quadratic (256), so that no busy machine makes the one look like the other. The least of
    /// some runs each, since other work on the machine only ever adds.</summary>
    public static void OfTime(Func<int, Action> make, int n)
    {
        Action small = make(n);
        Action large = make(Growth * n);
        // Compiles what both run: without it the smaller would be timed before its code is optimized, the larger after.
        large();
        double least = Best(small, double.MaxValue);
        double most = Best(large, double.MaxValue);
        for (int attempt = 1; attempt < Attempts && most > MostTime * least; attempt++)
        {
            Thread.Sleep(s_pause);
            least = Best(small, least);
            most = Best(large, most);
        }
        Assert.True(most <= MostTime * least, $"{Growth * n} took {most / least:0.0} times as long as {n}");
    }

    private static double Best(Action run, double best)
    {
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
