using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Memory;

/// <summary>What models take of a process's own memory, and whether it grows: each in a process of its own.</summary>
internal static class MemoryCommand
{
    private const string Child = "--child";

    public static Command Create()
    {
        var runs = new Option<int>("--runs") { Description = "Runs of each model after the first ones.", HelpName = "N", DefaultValueFactory = _ => 10_000 };
        var seconds = new Option<int>("--seconds") { Description = "The most time for the runs of a model.", HelpName = "S", DefaultValueFactory = _ => 60 };
        var models = new Option<string[]>("--model")
        {
            Description = "Folders or GGUF files. Default: the shipped models, and those of shared/real where that folder stands beside the repository.",
            HelpName = "FOLDER",
            AllowMultipleArgumentsPerToken = true,
        };
        var child = new Option<string?>(Child) { Hidden = true };
        var command = new Command("memory", "Private memory of each model against its packed weights + 1.2 x arena + 100 MB, and what grows over many runs.")
        {
            runs, seconds, models, child,
        };
        command.SetAction(parsed =>
        {
            var (count, most) = (Math.Max(1, parsed.GetValue(runs)), Math.Max(1, parsed.GetValue(seconds)));
            if (parsed.GetValue(child) is { } model)
            {
                Console.WriteLine(JsonSerializer.Serialize(ModelMemory.Measure(model, count, TimeSpan.FromSeconds(most))));
                return BenchExit.Ok;
            }

            var folders = parsed.GetValue(models) is { Length: > 0 } given ? given : [.. BenchModels.Found()];
            return MemoryTable.Print(BenchProgram.NewConsole(), [.. folders.Select(folder => InChild(folder, count, most))])
                ? BenchExit.Ok : BenchExit.CheckFailed;
        });
        return command;
    }

    private static MemoryOfModel InChild(string model, int runs, int seconds)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments = ["memory", "--runs", $"{runs}", "--seconds", $"{seconds}", Child, model];
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            arguments = [typeof(MemoryCommand).Assembly.Location, .. arguments];
        }

        Array.ForEach(arguments, start.ArgumentList.Add);
        using var process = Process.Start(start) ?? throw new InputException($"{Environment.ProcessPath}: cannot be started");
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<MemoryOfModel>(output)!
            : throw new InputException($"{model}: measuring it ended with exit code {process.ExitCode}");
    }
}
