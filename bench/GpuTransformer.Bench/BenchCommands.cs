using System.CommandLine;
using GpuTransformer.Bench.Children;
using GpuTransformer.Bench.Peers;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench;

/// <summary>The commands: a folder each, and a line here.</summary>
internal static class BenchCommands
{
    private static readonly Func<Command>[] s_commands =
    [
        Overhead.OverheadCommand.Create,
        Memory.MemoryCommand.Create,
        Quality.QualityCommand.Create,
        Start.StartCommand.Create,
        PeersCommand.Create,
    ];

    // Ctrl-C cancels; a command may take this long to put away what it made.
    private static readonly TimeSpan s_cleanUp = TimeSpan.FromSeconds(30);

    /// <summary>Whether a first argument names a command.</summary>
    public static bool Has(string name) => s_commands.Any(create => create().Name == name);

    /// <summary>All of them under one root.</summary>
    public static RootCommand Root()
    {
        var root = new RootCommand(
            "Benchmarks. --quick [WORD...]: a table of this machine in about a minute. A command below. Anything else goes to BenchmarkDotNet.");
        foreach (var create in s_commands)
        {
            root.Add(create());
        }

        return root;
    }

    /// <summary>Runs a command line whose first argument is a command.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> Invoke(string[] args)
    {
        var parsed = Root().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors is [var wrong, ..])
        {
            return Fail(BenchExit.Usage, $"{wrong.Message} ({args[0]} --help lists the options)");
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = s_cleanUp,
            });
        }
        catch (Exception error) when (CodeOf(error) is { } code)
        {
            return Fail(code, error is OperationCanceledException ? "interrupted" : error.Message);
        }
    }

    /// <summary>Runs, and says in one line what went wrong with the machine or its files.</summary>
    /// <returns>The exit code.</returns>
    public static int Guard(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (GpuTransformerException error)
        {
            return Fail(CodeOf(error)!.Value, error.Message);
        }
    }

    private static int Fail(int code, string message)
    {
        Console.Error.WriteLine(message.ReplaceLineEndings(" "));
        return code;
    }

    private static int? CodeOf(Exception error) => error switch
    {
        OperationCanceledException => BenchExit.Interrupted,
        DeviceException => BenchExit.Device,
        GpuTransformerException or ChildException or IOException or UnauthorizedAccessException => BenchExit.InputOutput,
        ArgumentException => BenchExit.Usage,
        _ => null,
    };
}

/// <summary>What the exit code means, as gputx's.</summary>
internal static class BenchExit
{
    public const int Ok = 0;
    public const int CheckFailed = 1;
    public const int Usage = 2;
    public const int InputOutput = 3;
    public const int Device = 4;
    public const int Interrupted = 130;
}
