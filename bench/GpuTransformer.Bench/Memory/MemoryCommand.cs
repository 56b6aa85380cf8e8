using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GpuTransformer.Bench.Children;

namespace GpuTransformer.Bench.Memory;

/// <summary>What models take of a process's own memory, and whether it grows: each in a process of its own.</summary>
internal static class MemoryCommand
{
    private const string Name = "memory";

    private static readonly Option<int> s_runs = new("--runs") { Description = "Runs of each model after the first ones.", HelpName = "N", DefaultValueFactory = _ => 10_000 };
    private static readonly Option<string[]> s_models = new("--model")
    {
        Description = "Folders or GGUF files. Default: the shipped models, and those of shared/real where that folder stands beside the repository.",
        HelpName = "FOLDER",
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<string?> s_child = new("--child") { Hidden = true };

    public static Command Create()
    {
        var command = new Command(
            Name, "Private memory of each model against its packed weights + 1.2 x arena + 100 MB, and what grows over many short runs (of all models about 15 minutes on two cores).")
        {
            s_runs, s_models, s_child,
        };
        command.SetAction(Run);
        return command;
    }

    private static async Task<int> Run(ParseResult parsed, CancellationToken cancellation)
    {
        var runs = parsed.GetValue(s_runs);
        if (runs < 1)
        {
            throw new ArgumentException($"--runs {runs}: expected at least one.");
        }

        if (parsed.GetValue(s_child) is { } model)
        {
            Console.WriteLine(JsonSerializer.Serialize(ModelMemory.Measure(model, runs)));
            return BenchExit.Ok;
        }

        var folders = parsed.GetValue(s_models) is { Length: > 0 } given ? given : [.. BenchModels.Found()];
        var results = new List<(string Folder, ModelMemory? Memory, string? Failure)>();
        using var progress = new ProgressLine();
        var holds = false;
        try
        {
            foreach (var folder in folders)
            {
                progress.Show(folder);
                results.Add(await InChild(folder, runs, cancellation));
                progress.Done($"{folder}: {results[^1].Failure ?? Seconds(results[^1].Memory!)}");
            }
        }
        finally
        {
            // What is done is worth showing, also when the rest is not.
            progress.Clear();
            holds = MemoryTable.Print(BenchProgram.NewConsole(), results);
        }

        return holds ? BenchExit.Ok : BenchExit.CheckFailed;
    }

    /// <summary>A model that cannot be measured is a line of the table, the others go on.</summary>
    private static async Task<(string Folder, ModelMemory? Memory, string? Failure)> InChild(string folder, int runs, CancellationToken cancellation)
    {
        try
        {
            var command = ChildProcess.This(Name, s_runs.Name, runs.ToString(CultureInfo.InvariantCulture), s_child.Name, folder);
            var output = await ChildProcess.Run(command, Timeout.InfiniteTimeSpan, cancellation);
            return (folder, output.Json().Deserialize<ModelMemory>(), null);
        }
        catch (ChildException error)
        {
            return (folder, null, error.Message);
        }
    }

    private static string Seconds(ModelMemory memory) =>
        string.Create(CultureInfo.InvariantCulture, $"{memory.Growth.Runs} runs in {memory.Growth.Seconds:F0} s");
}
