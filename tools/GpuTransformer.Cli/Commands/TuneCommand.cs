using System.CommandLine;
using System.Globalization;
using GpuTransformer.Cli.Text;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Diagnostics.Tuning;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx tune: measures which variant is the fastest on this device, and keeps that for later runs.</summary>
internal static class TuneCommand
{
    private static readonly TimeSpan s_quickLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    private static readonly Option<bool> s_quick = new("--quick") { Description = "Few shapes, a minute at most." };
    private static readonly Option<FileInfo?> s_file = new("--out")
    {
        Description = "Write there instead of the user's data folder; GPUTX_TUNING=FILE makes later runs read it.",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "tune",
            "Measure which variant of each operation is the fastest on this device; later runs take it. Results stay the same.")
        {
            s_quick, s_file,
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
            throw new ArgumentException("--trace: tune records no trace");
        }

        DeviceOptions.SetThreads(parsed);
        var path = parsed.GetValue(s_file)?.FullName ?? TuningFile.UserPath
            ?? throw new ArgumentException($"{TuningFile.Variable} is off, so nothing would read what is measured; name a file with --out");
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        // Opened first: a path that cannot be written is found before anything is measured.
        using var file = OutputFile.Create(path);
        using var device = new BenchDevice(parsed.GetValue(DeviceOptions.Device)!, parsed.GetValue(DeviceOptions.Variant));
        device.Kernels.CompileNotice = DeviceOptions.TellCompiling;
        Console.WriteLine($"{device.Kernels.Traits.Name}: {device.Choice}");
        var isQuick = parsed.GetValue(s_quick);
        var report = TuneRun.Run(TuneSuite.For(device, isQuick), isQuick ? s_quickLimit : s_limit, Print, cancellation);
        var choices = report.Choices.ToList();
        file.Stream.Write(TuningFile.With(path, device.Kernels.Traits, choices, DateOnly.FromDateTime(DateTime.UtcNow)));
        file.Stream.WriteByte((byte)'\n');
        file.Commit();
        Summarize(report, choices.Count, path);
        return report.IsClean ? ExitCode.Ok : ExitCode.CheckFailed;
    }

    private static void Print(TunedShape shape)
    {
        foreach (var (variant, reason) in shape.Rejected)
        {
            Console.Error.WriteLine($"gputx: {shape.Operation} {shape.Shape}: {variant} is thrown out: {reason.ReplaceLineEndings(" ")}");
        }

        if (shape.Times.Count == 0)
        {
            return;
        }

        var best = shape.Better ?? shape.BuiltIn;
        var times = string.Join(", ", shape.Times.Select(t => $"{t.Variant} {Time(t.Seconds)}"));
        Console.WriteLine($"{shape.Operation,-10} {shape.Shape,-36} {(shape.Better is null ? " " : "*")} {best,-28} {times}");
    }

    private static void Summarize(TuneReport report, int better, string path)
    {
        Console.WriteLine();
        Console.WriteLine(report.Shapes.Count == 0
            ? $"no operation has more than one variant for this device; written to {path}"
            : $"{report.Shapes.Count} shapes with a choice; for {better} another variant than the built-in one is faster (*); written to {path}");
        if (report.LeftOut > 0)
        {
            Console.WriteLine($"the time was too short for {report.LeftOut} more");
        }

        if (!report.IsClean)
        {
            Console.Error.WriteLine("gputx: variants were thrown out; gputx verify shows more, please send its report");
        }
    }

    private static string Time(double seconds) => seconds switch
    {
        < 1e-3 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:F1} µs"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:F2} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} s"),
    };
}
