using System.CommandLine;
using System.Text;
using GpuTransformer.Cli.Bench;
using GpuTransformer.Cli.Text;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Weights;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx bench: the roofline of a device, and how far below it each kernel stays.</summary>
internal static class BenchCommand
{
    private const string JsonName = "bench.json";
    private const string PageName = "bench.html";
    private const int PipeWidth = 200;

    private static readonly Option<bool> s_asJson = new("--json") { Description = "One JSON object instead of tables." };
    private static readonly Option<FileInfo?> s_page = new("--html") { Description = "Write the report as one page with the roofline plot.", HelpName = "FILE" };
    private static readonly Option<bool> s_quick = new("--quick") { Description = "Half the time." };
    private static readonly Option<bool> s_once = new("--once") { Description = "Run each row once, unmeasured: for a profiler." };
    private static readonly Option<string[]> s_filter = new("--filter") { Description = "Only rows whose names contain all of these words.", HelpName = "WORD", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<DirectoryInfo?> s_folder = new("--out") { Description = $"Write {JsonName} and {PageName} there, and again after each part of the run.", HelpName = "FOLDER" };

    public static Command Create()
    {
        var command = new Command("bench", "Measure each kernel at a transformer's shapes against what the device can do; a table, JSON, a page with the roofline.")
        {
            s_asJson, s_page, s_quick, s_once, s_filter, s_folder,
        };
        command.SetAction(parsed =>
        {
            using var interruption = new Interruption();
            return Run(parsed, interruption.Token);
        });
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(DeviceOptions.Trace) is not null)
        {
            throw new ArgumentException("--trace: bench records no trace");
        }

        DeviceOptions.SetThreads(parsed);
        var asJson = parsed.GetValue(s_asJson);
        var files = Files(parsed);
        using var device = new BenchDevice(parsed.GetValue(DeviceOptions.Device)!, parsed.GetValue(DeviceOptions.Variant));
        var scale = RooflineScale.Of(device.Kernels.Traits, parsed.GetValue(s_quick));
        using var run = new RooflineRun(device, scale, parsed.GetValue(s_filter) ?? []);
        if (parsed.GetValue(s_once))
        {
            run.Once(name => Console.WriteLine($"{name}: ran"));
            return ExitCode.Ok;
        }

        var console = asJson ? null : ReportConsole.Open(PipeWidth);
        if (console is not null)
        {
            RooflineTables.WriteHeader(console, run.Report);
        }

        var report = run.Run(
            (family, sofar) =>
            {
                files.ForEach(file => Write(file.Path, file.Text(sofar)));
                if (console is not null)
                {
                    RooflineTables.WriteFamily(console, sofar, family);
                }
            },
            cancellation);
        if (console is null)
        {
            Console.WriteLine(RooflineJson.Write(report));
        }
        else
        {
            RooflineTables.WriteEnd(console, report);
        }

        foreach (var failure in report.Failures)
        {
            Console.Error.WriteLine($"gputx: {failure.Name}: {failure.Reason}");
        }

        return report.Failures.Count == 0 ? ExitCode.Ok : ExitCode.CheckFailed;
    }

    /// <summary>What is written, and how; a path that cannot be written is found before anything is measured.</summary>
    private static List<(string Path, Func<RooflineReport, string> Text)> Files(ParseResult parsed)
    {
        var files = new List<(string Path, Func<RooflineReport, string> Text)>();
        if (parsed.GetValue(s_page) is { } page)
        {
            files.Add((page.FullName, RooflinePage.Write));
        }

        if (parsed.GetValue(s_folder) is { } folder)
        {
            folder.Create();
            files.Add((Path.Combine(folder.FullName, JsonName), RooflineJson.Write));
            files.Add((Path.Combine(folder.FullName, PageName), RooflinePage.Write));
        }

        foreach (var (path, _) in files)
        {
            OutputFile.Create(path).Dispose();
        }

        return files;
    }

    private static void Write(string path, string text)
    {
        using var file = OutputFile.Create(path);
        file.Stream.Write(Encoding.UTF8.GetBytes(text));
        file.Commit();
    }
}
