using System.Diagnostics;
using System.Globalization;
using System.Runtime;

namespace GpuTransformer.Cli;

/// <summary>Says on standard error, as one JSON line, where the time went: for --times.</summary>
internal sealed class StartReport
{
    private readonly DateTime _main = DateTime.UtcNow;
    private readonly long _from = Stopwatch.GetTimestamp();

    public StartReport() => StartTimes.Start();

    /// <summary>Writes it.</summary>
    public void Write()
    {
        var total = Milliseconds(_from, Stopwatch.GetTimestamp());
        var parts = StartTimes.Parts.Select(part => string.Create(
            CultureInfo.InvariantCulture, $"\"{part.Name}\":[{Milliseconds(_from, part.From):0.0},{Milliseconds(_from, part.To):0.0}]"));
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"main\":\"{_main:O}\",\"total\":{total:0.0},\"jit\":{JitInfo.GetCompilationTime().TotalMilliseconds:0.0}," +
            $"\"jitMain\":{JitInfo.GetCompilationTime(currentThread: true).TotalMilliseconds:0.0},\"jitMethods\":{JitInfo.GetCompiledMethodCount()},\"parts\":{{{string.Join(",", parts)}}}}}"));
    }

    private static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
