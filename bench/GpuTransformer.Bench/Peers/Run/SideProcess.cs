using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>Runs a process that times one side, and reads the line of JSON that it prints last.</summary>
internal static class SideProcess
{
    private const int MostMessage = 600;

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="SideException">It failed, or printed no JSON.</exception>
    /// <exception cref="InputException">There is no such program.</exception>
    /// <exception cref="OperationCanceledException">Cancelled: the process and its children are ended.</exception>
    public static async Task<JsonElement> Run(ProcessStartInfo command, CancellationToken cancellation)
    {
        command.RedirectStandardOutput = command.RedirectStandardError = command.RedirectStandardInput = true;
        using var process = Start(command);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        return process.ExitCode == 0
            ? Parse(await output)
            : throw new SideException($"exit code {process.ExitCode}: {Cut(await errors)}");
    }

    /// <summary>The last line that is not empty, as JSON.</summary>
    /// <exception cref="SideException">It is none.</exception>
    public static JsonElement Parse(string output)
    {
        var line = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("");
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(line);
        }
        catch (JsonException)
        {
            throw new SideException($"expected a line of JSON, found '{Cut(line)}'");
        }
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

    private static string Cut(string text)
    {
        var line = text.Trim().ReplaceLineEndings(" ");
        return line.Length <= MostMessage ? line : line[..MostMessage];
    }
}

/// <summary>A side that could not be timed: its row has no figures, the others go on.</summary>
internal sealed class SideException(string message) : Exception(message);
