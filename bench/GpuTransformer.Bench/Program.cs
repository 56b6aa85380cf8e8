using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using GpuTransformer.Kernels;
using Spectre.Console;

namespace GpuTransformer.Bench;

/// <summary>The benchmarks: --quick for a table in two minutes, anything else for BenchmarkDotNet.</summary>
internal static class BenchProgram
{
    private const int NarrowestTable = 160;

    public static int Main(string[] args)
    {
        if (args is ["--quick", .. var words])
        {
            return Quick(words);
        }

        // In this process: the generated project of a run of its own would be restored and built with every benchmark.
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).AsMutator();
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(BenchProgram).Assembly).Run(args, DefaultConfig.Instance.AddJob(job).AddColumn(new DeviceTimeColumn()));
        return summaries.All(s => !s.HasCriticalValidationErrors && s.Reports.All(r => r.Success)) ? 0 : 1;
    }

    private static int Quick(string[] words)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = NarrowestTable;
        }

        try
        {
            return QuickRun.Run(console, words);
        }
        catch (GpuTransformerException error)
        {
            Console.Error.WriteLine(error.Message);
            return error is DeviceException ? 4 : 3;
        }
    }
}
