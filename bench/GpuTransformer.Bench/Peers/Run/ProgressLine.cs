using System.Diagnostics;

namespace GpuTransformer.Bench.Peers;

/// <summary>One line on standard error that says what runs: written over on a terminal, else a line a row.</summary>
internal sealed class ProgressLine(Stopwatch clock) : IDisposable
{
    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private string _row = "";
    private int _width;

    public void Show(string what)
    {
        var line = $"{clock.Elapsed:mm\\:ss} {what}";
        if (_isTerminal)
        {
            Console.Error.Write($"\r{line.PadRight(_width)}");
            _width = line.Length;
        }
        else if (what.Split(':')[0] is var row && row != _row)
        {
            _row = row;
            Console.Error.WriteLine($"{clock.Elapsed:mm\\:ss} {row}");
        }
    }

    public void Clear()
    {
        if (_isTerminal && _width > 0)
        {
            Console.Error.Write($"\r{new string(' ', _width)}\r");
            _width = 0;
        }
    }

    public void Dispose() => Clear();
}
