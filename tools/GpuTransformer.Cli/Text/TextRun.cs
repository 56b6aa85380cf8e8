using System.Diagnostics;
using Spectre.Console;

namespace GpuTransformer.Cli.Text;

/// <summary>Runs a text command from its inputs to standard output, with a progress bar where it takes long.</summary>
internal static class TextRun
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(1);

    /// <summary>Runs it.</summary>
    /// <param name="work">What is done with each input.</param>
    /// <param name="request">What the command line says.</param>
    /// <returns>The exit code: 3 where an input was bad.</returns>
    public static int Run<TItem, TResult>(TextWork<TItem, TResult> work, TextRequest request)
        where TItem : class
    {
        using var interruption = new Interruption();
        return Run(work, request, interruption.Token);
    }

    /// <summary>Runs it until it ends or is cancelled.</summary>
    public static int Run<TItem, TResult>(TextWork<TItem, TResult> work, TextRequest request, CancellationToken cancellation)
        where TItem : class
    {
        using var source = request.Open();
        using var output = request.AsJson ? OutputLines.Standard() : null;
        using var queue = new InputQueue(source.Inputs);
        var pipeline = new TextPipeline<TItem, TResult>(work, request, output, request.AsJson ? null : AnsiConsole.Console, cancellation);
        try
        {
            using var progress = new ProgressLine(source, request.Texts.Length);
            return pipeline.Run(queue, () => progress.Report(pipeline.Done, pipeline.Position));
        }
        catch (BrokenPipeException error) when (error.ReaderHasGone)
        {
            return ExitCode.Ok;
        }
    }

    /// <summary>A bar on standard error. There is none where nobody looks, where the answers themselves run over the
    /// terminal, and before a second has passed.</summary>
    private sealed class ProgressLine(TextSource source, int arguments) : IDisposable
    {
        private const int BarWidth = 30;
        private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);

        private readonly IAnsiConsole? _console = Console.IsErrorRedirected || !Console.IsOutputRedirected
            ? null
            : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private TimeSpan _last = TimeSpan.Zero;
        private bool _shown;

        public void Report(long done, long position)
        {
            if (_console is null || _watch.Elapsed < s_long || _watch.Elapsed - _last < s_step)
            {
                return;
            }

            _last = _watch.Elapsed;
            _shown = true;
            var share = source.Length is > 0 and var length ? Math.Min(1, (double)position / length)
                : arguments > 0 ? (double)done / arguments
                : (double?)null;
            var bar = share is { } part
                ? $"[teal]{new string('━', (int)(part * BarWidth))}[/][grey]{new string('━', BarWidth - (int)(part * BarWidth))}[/] {part:P0}  "
                : "";
            Erase();
            _console.Markup($"{bar}{done:N0} inputs, {done / _watch.Elapsed.TotalSeconds:N0} a second");
        }

        public void Dispose()
        {
            if (_shown)
            {
                Erase();
            }
        }

        private void Erase() => _console!.Write(new ControlCode("\r\u001b[2K"));
    }
}
