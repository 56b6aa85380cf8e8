using System.CommandLine;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Start;

/// <summary>How long a published program takes from its start to its first answer, and where the time goes.</summary>
internal static class StartCommand
{
    private const string Sentence = "A man is eating food.";

    public static Command Create()
    {
        var program = new Option<string>("--program")
        {
            Description = "The published program: dotnet publish -c Release tools/GpuTransformer.Cli.",
            HelpName = "PATH",
            DefaultValueFactory = _ => "tools/GpuTransformer.Cli/bin/Release/net10.0/linux-x64/publish/gputx",
        };
        var model = new Option<string>("--model") { Description = "Folder of an encoder of sentences.", HelpName = "FOLDER", Required = true };
        var runs = new Option<int>("--runs") { Description = "Starts, after one that warms the disk's cache.", HelpName = "N", DefaultValueFactory = _ => 15 };
        var command = new Command("start", $"Start a published program again and again: gputx embed FOLDER \"{Sentence}\".") { program, model, runs };
        command.SetAction(async (parsed, cancellation) =>
        {
            var times = parsed.GetValue(runs);
            if (times < 1)
            {
                throw new ArgumentException($"--runs {times}: expected at least one.");
            }

            var path = parsed.GetValue(program)!;
            if (!File.Exists(path))
            {
                throw new InputException($"{path}: there is no such program; publish it first");
            }

            string[] arguments = ["embed", parsed.GetValue(model)!, Sentence];
            StartTable.Print(BenchProgram.NewConsole(), await StartedProgram.Times(path, arguments, times, cancellation));
            return BenchExit.Ok;
        });
        return command;
    }
}
