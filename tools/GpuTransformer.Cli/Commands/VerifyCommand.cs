using System.CommandLine;
using System.Diagnostics;
using System.Text;
using GpuTransformer.Cli.Text;
using GpuTransformer.Cli.Verify;
using GpuTransformer.Diagnostics;
using GpuTransformer.Diagnostics.Verify;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx verify: every kernel and variant of a device against float64.</summary>
internal static class VerifyCommand
{
    private const string DefaultReport = "gputx-verify.json";

    /// <summary>A launch that takes longer will never end; compiling and ILGPU's slow CPU barriers take far less.</summary>
    private static readonly TimeSpan s_longestLaunch = TimeSpan.FromMinutes(2);

    /// <summary>PoCL optimizes a kernel for a group's size at its first launch, a large one for a minute and more.</summary>
    private static readonly TimeSpan s_longestOnOpenClCpu = TimeSpan.FromMinutes(10);

    private static readonly Option<bool> s_quick = new("--quick") { Description = "Only the edges of each tile: seconds to a minute." };
    private static readonly Option<bool> s_smoke = new("--smoke") { Description = "One whole tile and one ragged shape a kernel, one run each: for tools that watch memory and barriers." };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "One JSON document instead of tables." };
    private static readonly Option<ulong> s_seed = new("--seed") { Description = "Of the inputs.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> s_operation = new("--operation") { Description = "Only operations whose name contains this.", HelpName = "NAME" };
    private static readonly Option<FileInfo?> s_report = new("--report") { Description = $"Write the document to a file. Where something fails and none is named, it goes to {DefaultReport}.", HelpName = "FILE" };

    public static Command Create()
    {
        var command = new Command(
            "verify", "Run every kernel and variant of the device against float64, twice and in other batches, and say what passed.")
        {
            s_quick, s_smoke, s_asJson, s_seed, s_operation, s_report,
        };
        command.SetAction(parsed =>
        {
            using var interruption = new Interruption();
            return DeviceOptions.Run(parsed, device => Run(parsed, device, interruption.Token));
        });
        return command;
    }

    private static int Run(ParseResult parsed, ComputeDevice device, CancellationToken cancellation)
    {
        var extent = parsed.GetValue(s_smoke) ? SweepExtent.Smoke : parsed.GetValue(s_quick) ? SweepExtent.Quick : SweepExtent.Full;
        var kernels = device.Kernels;
        using var devices = new VerifyDevices(
            kernels,
            () => ComputeDevice.Open(parsed.GetValue(DeviceOptions.Device)!, kernels.RequestedVariant),
            kernels.Traits.Kind == DeviceKind.Cpu && kernels.RequestedVariant is null or VariantKind.Group ? ComputeDevice.OpenWideCpu : null);
        var run = new VerifyRun(devices, extent, parsed.GetValue(s_seed), parsed.GetValue(s_operation));
        if (run.Shapes == 0)
        {
            throw new ArgumentException($"--operation '{parsed.GetValue(s_operation)}': no operation has that in its name");
        }

        var asked = parsed.GetValue(s_report);
        using var file = asked is null ? null : OutputFile.Create(asked.FullName);
        var watch = Stopwatch.StartNew();
        var longest = kernels.Traits.IsOpenClCpu ? s_longestOnOpenClCpu : s_longestLaunch;
        var (hung, interrupted) = Wait(run, longest, !parsed.GetValue(s_asJson), cancellation);
        var problem = hung
            ? $"{run.Watch.Shape}, {run.Watch.Variant}: the kernel did not end within {longest.TotalSeconds:F0} seconds"
            : run.DeviceError;
        var report = new VerifyReport(
            MachineDescription.Of(kernels), extent, run.Seed, watch.Elapsed.TotalSeconds, problem, run.Results())
        {
            Interruption = interrupted ? $"at shape {run.Watch.ShapesBegun} of {run.Shapes}" : null,
        };
        var path = Write(report, file, asked?.FullName);
        Print(report, parsed.GetValue(s_asJson), path);
        var code = interrupted ? ExitCode.Interrupted : problem is not null ? ExitCode.Device : report.AllRight ? ExitCode.Ok : ExitCode.CheckFailed;
        if (hung || interrupted)
        {
            // The thread that waits for a kernel cannot be ended, and closing the device would wait for it too.
            Environment.Exit(code);
        }

        return code;
    }

    /// <summary>Whether a kernel did not end, or somebody ended the run: the results so far are worth a report either way.</summary>
    private static (bool Hung, bool Interrupted) Wait(VerifyRun run, TimeSpan longest, bool shows, CancellationToken cancellation)
    {
        try
        {
            return (!VerifyProgress.Wait(run, longest, shows, cancellation), false);
        }
        catch (OperationCanceledException)
        {
            return (false, true);
        }
    }

    private static string? Write(VerifyReport report, OutputFile? file, string? path)
    {
        if (file is null && !report.IsFault)
        {
            return null;
        }

        using var own = file is null ? OutputFile.Create(DefaultReport) : null;
        var output = file ?? own!;
        output.Stream.Write(Encoding.UTF8.GetBytes(report.ToJson()));
        output.Commit();
        return path ?? Path.GetFullPath(DefaultReport);
    }

    private static void Print(VerifyReport report, bool asJson, string? path)
    {
        if (asJson)
        {
            Console.WriteLine(report.ToJson());
        }
        else
        {
            VerifyTable.Print(ReportConsole.Open(), report, path);
        }

        if (report.DeviceError is { } error)
        {
            Console.Error.WriteLine($"gputx: {error}");
        }
        else if (report.IsFault)
        {
            Console.Error.WriteLine($"gputx: {report.Summary()} The report is in {path}.");
        }
        else if (report.Interruption is { } interruption)
        {
            Console.Error.WriteLine($"gputx: interrupted {interruption}");
        }
    }
}
