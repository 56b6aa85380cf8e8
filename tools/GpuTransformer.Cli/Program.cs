using System.CommandLine;
using System.Text;
using GpuTransformer;
using GpuTransformer.Cli;
using GpuTransformer.Cli.Commands;
using GpuTransformer.Cli.Text;
using GpuTransformer.Kernels;

var times = args.Contains("--times") ? new StartReport() : null;
Console.OutputEncoding = Encoding.UTF8;
var reading = StartTimes.Measure("command line");
var root = new RootCommand("Transformer inference in C#: any GPU through ILGPU, a SIMD path on the CPU, nothing native shipped.")
{
    DeviceOptions.Device,
    DeviceOptions.Variant,
    DeviceOptions.Threads,
    DeviceOptions.Trace,
    DeviceOptions.Weights,
    DeviceOptions.Activations,
    DeviceOptions.CopyTables,
    DeviceOptions.Times,
    DemoCommand.Create(),
    ForwardCommand.Create(),
    DevicesCommand.Create(),
    PlanCommand.Create(),
    VerifyCommand.Create(),
    TokensCommand.Create(),
    DecodeCommand.Create(),
    EmbedCommand.Create(),
    FillMaskCommand.Create(),
    ClassifyCommand.Create(),
    NerCommand.Create(),
    NeighboursCommand.Create(),
    GenerateCommand.Create(),
    GenerateCommand.CreateTranslate(),
    ChatCommand.Create(),
    BenchCommand.Create(),
    TuneCommand.Create(),
};

// A text that begins with @ is a text, not the name of a file with more arguments.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
reading.Dispose();
if (UsageErrors.Find(parsed) is { } wrong)
{
    return Fail(ExitCode.Usage, wrong);
}

try
{
    var code = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    times?.Write();
    return code;
}
catch (Exception error)
{
    // Loops over several threads wrap what was thrown in one of them.
    return error is AggregateException several ? Report(several.Flatten().InnerExceptions[0]) : Report(error);
}

static int Report(Exception error) => error switch
{
    OperationCanceledException => Fail(ExitCode.Interrupted, "interrupted"),
    DeviceException => Fail(ExitCode.Device, error.Message),
    GpuTransformerException => Fail(ExitCode.InputOutput, error.Message),
    ArgumentException => Fail(ExitCode.Usage, error.Message),
    IOException or UnauthorizedAccessException => Fail(ExitCode.InputOutput, error.Message),
    OutOfMemoryException => Fail(ExitCode.InputOutput, $"there is not enough memory: {error.Message}"),
    _ => Fail(ExitCode.CheckFailed, $"a fault of this program: {error.GetType().Name}: {error.Message}"),
};

static int Fail(int code, string message)
{
    Console.Error.WriteLine($"gputx: {Shown.Plain(message.ReplaceLineEndings(" "))}");
    return code;
}
