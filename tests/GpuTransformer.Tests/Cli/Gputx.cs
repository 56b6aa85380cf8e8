using System.Diagnostics;

namespace GpuTransformer.Tests.Cli;

/// <summary>Runs the program as a user does: a process, two streams, an exit code.</summary>
internal static class Gputx
{
    /// <summary>For a program that hangs: the slowest, a demo whose kernels PoCL compiles, takes one minute of a processor.</summary>
    private const int TimeoutSeconds = 300;

    public static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => RunWithInputAsync([], arguments);

    /// <summary>Runs it with bytes on standard input.</summary>
    public static async Task<(int Code, string Output, string Error)> RunWithInputAsync(byte[] input, params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(TimeoutSeconds));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts it with all three streams in the caller's hands.</summary>
    public static Process Start(params string[] arguments)
    {
        // A shell's background job ignores Ctrl-C, and so would its children.
        var start = new ProcessStartInfo(OperatingSystem.IsLinux() ? "env" : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        if (OperatingSystem.IsLinux())
        {
            start.ArgumentList.Add("--default-signal=INT");
            start.ArgumentList.Add("dotnet");
        }

        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "gputx.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
