using System.ComponentModel;
using System.Diagnostics;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Children;

/// <summary>Processes that measure something by themselves: this program again, or another one.</summary>
internal static class ChildProcess
{
    private const int MostMessage = 600;

    /// <summary>This program again.</summary>
    public static ProcessStartInfo This(params IEnumerable<string> arguments)
    {
        // Under `dotnet file.dll` the process is the runtime's host, which needs the file first.
        var process = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(process) == "dotnet";
        return new ProcessStartInfo(process, [.. isHost ? [typeof(ChildProcess).Assembly.Location] : Array.Empty<string>(), .. arguments]);
    }

    /// <summary>Runs a process to its end; none is left behind.</summary>
    /// <param name="command">What to start.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InputException">There is no such program.</exception>
    /// <exception cref="ChildException">It failed, or took too long.</exception>
    public static async Task<ChildOutput> Run(ProcessStartInfo command, TimeSpan limit, CancellationToken cancellation)
    {
        command.RedirectStandardOutput = command.RedirectStandardError = command.RedirectStandardInput = true;
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var from = DateTime.UtcNow;
        var clock = Stopwatch.StartNew();
        using var process = Start(command);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        timed.CancelAfter(limit);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(timed.Token);
            var time = clock.Elapsed;
            await process.WaitForExitAsync(timed.Token);
            return process.ExitCode == 0
                ? new ChildOutput(output, await errors, from, time)
                : throw new ChildException($"exit code {process.ExitCode}: {Cut(await errors)}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellation.ThrowIfCancellationRequested();
            throw new ChildException($"it was ended after {clock.Elapsed.TotalSeconds:F0} s");
        }
    }

    /// <summary>Text as one line of a message.</summary>
    public static string Cut(string text)
    {
        var line = text.Trim().ReplaceLineEndings(" ");
        return line.Length <= MostMessage ? line : line[..MostMessage];
    }

    private static Process Start(ProcessStartInfo command)
    {
        try
        {
            return Process.Start(command)!;
        }
        catch (Win32Exception error)
        {
            throw new InputException($"{command.FileName}: the program cannot be started: {error.Message}");
        }
    }
}

/// <summary>A child that failed: what it measured has no figures, the rest goes on.</summary>
internal sealed class ChildException(string message) : Exception(message);
