using System.CommandLine;
using System.Globalization;
using System.Text;
using GpuTransformer.Bench.Children;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Spectre.Console;

namespace GpuTransformer.Bench.Peers;

/// <summary>peers: this library against ONNX Runtime and llama.cpp, on this machine, in one run.</summary>
internal static class PeersCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "peers";

    private const int LeastAlternations = 1;
    private const double DefaultSeconds = 0.8;

    private static readonly Option<DirectoryInfo> s_node = new("--node") { Description = "Holds node_modules with onnxruntime-node and node-llama-cpp.", HelpName = "FOLDER", Required = true };
    private static readonly Option<DirectoryInfo?> s_shared = new("--shared") { Description = "Holds peers/ and real/. Default: shared beside the repository.", HelpName = "FOLDER" };
    private static readonly Option<string[]> s_rows = new("--rows") { Description = "Only rows whose names begin so.", HelpName = "NAME,...", CustomParser = result => Words(result), DefaultValueFactory = _ => [] };
    private static readonly Option<int[]> s_threads = new("--threads") { Description = "Numbers of threads.", HelpName = "N,...", CustomParser = result => Numbers(result), DefaultValueFactory = _ => [1, 2] };
    private static readonly Option<int> s_alternations = new("--alternations") { Description = "How often both sides are timed.", HelpName = "N", DefaultValueFactory = _ => 5 };
    private static readonly Option<double> s_seconds = new("--seconds") { Description = "How long a side is timed at a time; single operators half as long.", HelpName = "S", DefaultValueFactory = _ => DefaultSeconds };
    private static readonly Option<DirectoryInfo?> s_keep = new("--keep") { Description = "Write random weights there and keep them for the next run (several GB). Default: a temporary folder that is removed.", HelpName = "FOLDER" };
    private static readonly Option<FileInfo?> s_json = new("--json") { Description = "Write all figures there too, after each row.", HelpName = "FILE" };

    public static Command Create()
    {
        var command = new Command(Name, "This library against ONNX Runtime and llama.cpp: both sides timed here, alternating in separate processes.")
        {
            s_node, s_shared, s_rows, s_threads, s_alternations, s_seconds, s_keep, s_json, SideCommand.Create(),
        };
        command.SetAction(Run);
        return command;
    }

    private static async Task<int> Run(ParseResult parsed, CancellationToken cancellation)
    {
        // A signal waits for this task to end, but only once there is one: nothing may be made before.
        await Task.Yield();
        var plan = new PeersPlan(
            PeerRows.Select(parsed.GetValue(s_rows)!), parsed.GetValue(s_threads)!, parsed.GetValue(s_alternations), parsed.GetValue(s_seconds));
        if (plan.Alternations < LeastAlternations || !(plan.Seconds > 0))
        {
            throw new ArgumentException($"--alternations {plan.Alternations}, --seconds {plan.Seconds}: expected at least one, and more than 0.");
        }

        var shared = parsed.GetValue(s_shared)?.FullName ?? PeerFiles.SharedBesideRepository()
            ?? throw new ArgumentException("--shared: there is no folder shared beside the repository; say where the peers' graphs are.");
        var node = parsed.GetValue(s_node)!.FullName;
        PeerFiles.CheckShared(shared);
        PeerFiles.CheckNode(node, plan.Rows);
        using var scratch = new ScratchFolder(parsed.GetValue(s_keep)?.FullName);
        using var progress = new ProgressLine();
        var json = parsed.GetValue(s_json)?.FullName;
        var run = new PeersRun(plan, new PeerPlaces(node, shared, scratch.Path, scratch.IsKept), progress.Show, done =>
        {
            progress.Done(PeersTable.Line(done.Results[^1], done.Peaks));
            Write(json, plan, done);
        });
        Write(json, plan, run);
        var console = BenchProgram.NewConsole();
        PeersTable.WriteHeader(console, plan);
        try
        {
            await run.Run(cancellation);
        }
        finally
        {
            // What is done is worth showing, also when the rest is not.
            progress.Clear();
            Report(console, run);
        }

        Write(json, plan, run);
        console.WriteLine($"Took {progress.Elapsed.TotalMinutes.ToString("F1", CultureInfo.InvariantCulture)} minutes.");
        return run.Results.All(result => result.Failure is null) ? BenchExit.Ok : BenchExit.CheckFailed;
    }

    /// <summary>Writes what is done so far, so that a run that is ended from outside loses nothing.</summary>
    private static void Write(string? path, PeersPlan plan, PeersRun run)
    {
        if (path is not null)
        {
            using var file = OutputFile.Create(path);
            file.Stream.Write(Encoding.UTF8.GetBytes(PeersJson.Write(plan, run.Results, run.Peaks)));
            file.Commit();
        }
    }

    private static void Report(IAnsiConsole console, PeersRun run)
    {
        if (run.Results.Count > 0)
        {
            PeersTable.WritePeaks(console, run.Peaks);
            PeersTable.WriteRows(console, run.Results, run.Peaks);
            PeersTable.WriteEnd(console, run.Results, run.Peaks);
        }
    }

    private static string[] Words(System.CommandLine.Parsing.ArgumentResult result) =>
        [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static int[] Numbers(System.CommandLine.Parsing.ArgumentResult result)
    {
        var numbers = new List<int>();
        foreach (var word in Words(result))
        {
            if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > CpuPool.MaxThreads)
            {
                result.AddError($"--threads '{word}': expected 1 to {CpuPool.MaxThreads}");
                return [];
            }

            numbers.Add(number);
        }

        if (numbers.Count == 0)
        {
            result.AddError("--threads: expected at least one number");
        }

        return [.. numbers];
    }
}
