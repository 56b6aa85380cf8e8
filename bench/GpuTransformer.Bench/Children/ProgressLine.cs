using System.Diagnostics;

namespace GpuTransformer.Bench.Children;

/// <summary>Standard error while children work: what runs, written over on a terminal, and a line for what is done.</summary>
internal sealed class ProgressLine : IDisposable
{
    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _width;

    /// <summary>Since it was made.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    private string Clock => $"{(int)_clock.Elapsed.TotalMinutes:00}:{_clock.Elapsed.Seconds:00}";

    /// <summary>Says what runs, on a terminal.</summary>
    public void Show(string what)
    {
        if (_isTerminal)
        {
            var line = $"{Clock} {what}";
            Console.Error.Write($"\r{line.PadRight(_width)}");
            _width = line.Length;
        }
    }

    /// <summary>Says what is done, in a line that stays.</summary>
    public void Done(string what)
    {
        Clear();
        Console.Error.WriteLine($"{Clock} {what}");
    }

    public void Clear()
    {
        if (_width > 0)
        {
            Console.Error.Write($"\r{new string(' ', _width)}\r");
            _width = 0;
        }
    }

    public void Dispose() => Clear();
}
