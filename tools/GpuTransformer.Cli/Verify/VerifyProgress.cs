using GpuTransformer.Diagnostics.Verify;
using Spectre.Console;

namespace GpuTransformer.Cli.Verify;

/// <summary>Waits for a verification on a thread of its own, so that a kernel that never ends does not take the program
/// with it; with a bar where somebody looks at a terminal.</summary>
internal static class VerifyProgress
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <returns>False where a launch took longer than the limit; its thread still waits.</returns>
    /// <exception cref="OperationCanceledException">Somebody ended the run; a launch may still be under way.</exception>
    public static bool Wait(VerifyRun run, TimeSpan longestLaunch, bool shows, CancellationToken cancellation)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                run.Execute(cancellation);
            }
            catch (Exception error)
            {
                failure = error;
            }
        })
        {
            IsBackground = true,
            Name = "verify",
        };
        thread.Start();
        var ended = shows && !Console.IsOutputRedirected
            ? AnsiConsole.Progress().AutoClear(true).Start(context => Watch(context.AddTask("verify", maxValue: run.Shapes)))
            : Watch(null);
        return failure is null ? ended : throw failure;

        bool Watch(ProgressTask? bar)
        {
            while (!thread.Join(s_step))
            {
                if (run.Watch.Running > longestLaunch)
                {
                    return false;
                }

                // The run ends by itself between two launches; one that a driver compiles may take a minute.
                if (cancellation.IsCancellationRequested && !thread.Join(s_patience))
                {
                    throw new OperationCanceledException(cancellation);
                }

                if (bar is not null)
                {
                    bar.Value = Math.Max(0, run.Watch.ShapesBegun - 1);
                    bar.Description = Markup.Escape(run.Watch.Shape);
                }
            }

            return true;
        }
    }
}
