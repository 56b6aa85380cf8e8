using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using GpuTransformer.Kernels;
using Spectre.Console;

namespace GpuTransformer.Bench;

/// <summary>The benchmarks: --quick for a table in about a minute, a command by its name, anything else for BenchmarkDotNet.</summary>
internal static class BenchProgram
{
    private const int NarrowestTable = 160;

    public static async Task<int> Main(string[] args)
    {
        if (args is ["--quick", .. var words])
        {
            return BenchCommands.Guard(() => QuickRun.Run(NewConsole(), words));
        }

        if (args is [var name, ..] && BenchCommands.Has(name))
        {
            return await BenchCommands.Invoke(args);
        }

        // BenchmarkDotNet's own help follows: both kinds of arguments work.
        if (args is ["-h" or "--help" or "-?"])
        {
            await BenchCommands.Invoke(args);
        }

        // In this process: the generated project of a run of its own would be restored and built with every benchmark.
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).AsMutator();
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(BenchProgram).Assembly).Run(args, DefaultConfig.Instance.AddJob(job).AddColumn(new DeviceTimeColumn()));
        return summaries.All(s => !s.HasCriticalValidationErrors && s.Reports.All(r => r.Success)) ? 0 : 1;
    }

    /// <summary>The terminal; where the output goes to a file or a pipe, plain text of a fixed width.</summary>
    public static IAnsiConsole NewConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = NarrowestTable;
        }

        return console;
    }
}
