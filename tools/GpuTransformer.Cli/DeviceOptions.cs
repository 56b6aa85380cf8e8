using System.CommandLine;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Cli;

/// <summary>The options of every command that runs something: which device, which variant, what to record.</summary>
internal static class DeviceOptions
{
    public static Option<string> Device { get; } = new("--device")
    {
        Description = "auto, cpu, cuda[:n] or opencl[:n]. Only what is asked for is looked for.",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "auto",
        Recursive = true,
    };

    public static Option<VariantKind?> Variant { get; } = new("--variant")
    {
        Description = "Run everything through one kind of kernel: naive, group or cpu. Default: the best for the device.",
        HelpName = "KIND",
        CustomParser = result => Parse(result),
        Recursive = true,
    };

    public static Option<int?> Threads { get; } = new("--threads")
    {
        Description = "Threads of the CPU variant. Default: all cores, or GPUTX_THREADS.",
        HelpName = "N",
        Recursive = true,
    };

    public static Option<FileInfo?> Trace { get; } = new("--trace")
    {
        Description = "Write what ran, launch by launch, as a Chrome trace.",
        HelpName = "FILE",
        Recursive = true,
    };

    public static Option<bool> Times { get; } = new("--times")
    {
        Description = "Say on standard error, as a JSON line, where the time from the start on went, in milliseconds, and what the JIT took of it.",
        Recursive = true,
    };

    public static Option<string> Weights { get; } = new Option<string>("--weights")
    {
        Description = "How matrices keep their numbers: stored (as in the file, where products have the same bits as over float32), f32, f16, bf16, q8_0 or q4_0.",
        HelpName = "ENCODING",
        DefaultValueFactory = _ => "stored",
        Recursive = true,
    };

    public static Option<string> Activations { get; } = new Option<string>("--activations")
    {
        Description = "What products read: f32, or int8 where weights are integers on a CPU (quicker, rounded).",
        HelpName = "f32|int8",
        DefaultValueFactory = _ => "f32",
        Recursive = true,
    };

    public static Option<bool> CopyTables { get; } = new("--copy-tables")
    {
        Description = "Copy token embeddings as float32 instead of reading them from the mapped file.",
        Recursive = true,
    };

    /// <summary>How a model is loaded: --weights, --activations, --copy-tables.</summary>
    /// <exception cref="ArgumentException">One of them is unknown.</exception>
    public static LoadOptions Loading(ParseResult parsed) => new()
    {
        Weights = parsed.GetValue(Weights)! switch
        {
            "stored" => null,
            "f32" => WeightEncoding.F32,
            "f16" => WeightEncoding.F16,
            "bf16" => WeightEncoding.BF16,
            "q8_0" => WeightEncoding.Q8_0,
            "q4_0" => WeightEncoding.Q4_0,
            var other => throw new ArgumentException($"--weights '{other}': expected stored, f32, f16, bf16, q8_0 or q4_0"),
        },
        Activations = parsed.GetValue(Activations)! switch
        {
            "f32" => ActivationEncoding.F32,
            "int8" => ActivationEncoding.Int8,
            var other => throw new ArgumentException($"--activations '{other}': expected f32 or int8"),
        },
        MapsTables = !parsed.GetValue(CopyTables),
    };

    /// <summary>Opens the device of the command line, runs, and writes the trace where one was asked for.</summary>
    public static int Run(ParseResult parsed, Func<ComputeDevice, int> run)
    {
        var file = parsed.GetValue(Trace);
        SetThreads(parsed);
        var log = file is null ? null : new TraceLog();
        using var output = file is null ? null : OutputFile.Create(file.FullName);
        using var device = Open(parsed, log);
        device.Kernels.CompileNotice = TellCompiling;
        var code = run(device);
        if (output is not null)
        {
            log!.Write(output.Stream);
            output.Commit();
        }

        return code;
    }

    private static ComputeDevice Open(ParseResult parsed, TraceLog? log)
    {
        using var part = StartTimes.Measure("device");
        return ComputeDevice.Open(parsed.GetValue(Device)!, parsed.GetValue(Variant), log);
    }

    /// <summary>Says on standard error why the first run is late, when it took more than a second.</summary>
    public static void TellCompiling(CompileReport report)
    {
        if (report.Time.TotalSeconds > 1)
        {
            Console.Error.WriteLine($"gputx: {report}");
        }
    }

    /// <summary>Takes --threads, where it is given.</summary>
    public static void SetThreads(ParseResult parsed)
    {
        if (parsed.GetValue(Threads) is not { } threads)
        {
            return;
        }

        if (threads is < 1 or > CpuPool.MaxThreads)
        {
            throw new ArgumentException($"--threads {threads}: expected 1 to {CpuPool.MaxThreads}");
        }

        KernelSet.CpuThreads = threads;
    }

    private static VariantKind? Parse(System.CommandLine.Parsing.ArgumentResult result)
    {
        var text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
        switch (text)
        {
            case "naive": return VariantKind.Naive;
            case "group": return VariantKind.Group;
            case "cpu": return VariantKind.Cpu;
            default:
                result.AddError($"--variant '{text}': expected naive, group or cpu");
                return null;
        }
    }
}
