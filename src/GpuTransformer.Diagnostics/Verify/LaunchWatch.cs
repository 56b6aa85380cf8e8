using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>What is running now, seen from another thread: a progress bar reads it, and whoever waits for a kernel that
/// never ends.</summary>
internal sealed class LaunchWatch
{
    private long _since;

    /// <summary>Operation and shape.</summary>
    public string Shape { get; private set; } = "";

    /// <summary>The variant that was launched last.</summary>
    public string Variant { get; private set; } = "";

    /// <summary>Shapes begun.</summary>
    public int ShapesBegun { get; private set; }

    /// <summary>How long the launch under way has taken, its compilation included; zero between launches.</summary>
    public TimeSpan Running => Interlocked.Read(ref _since) is > 0 and var since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    public void NextShape(string operation, string shape)
    {
        Shape = $"{operation} {shape}";
        ShapesBegun++;
    }

    public void Begin(string variant)
    {
        Variant = variant;
        Interlocked.Exchange(ref _since, Stopwatch.GetTimestamp());
    }

    public void End() => Interlocked.Exchange(ref _since, 0);

    /// <summary>Whether a device still does what it is told, after a launch that failed.</summary>
    public static bool IsAlive(Accelerator accelerator)
    {
        try
        {
            using var buffer = accelerator.Allocate1D([1, 2, 3]);
            return buffer.GetAsArray1D() is [1, 2, 3];
        }
        catch (Exception)
        {
            return false;
        }
    }
}
