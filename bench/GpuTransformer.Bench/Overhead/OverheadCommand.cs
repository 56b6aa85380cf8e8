using System.CommandLine;
using System.Globalization;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;
using Spectre.Console;

namespace GpuTransformer.Bench.Overhead;

/// <summary>What an operation costs beside its arithmetic: a model of 100 operations that compute next to nothing.</summary>
internal static class OverheadCommand
{
    /// <summary>An operation of a plan costs at most this much on the CPU path.</summary>
    private const double MostSecondsAnOperation = 1e-6;

    /// <summary>Below this part of their tiles, workers did not have processors of their own.</summary>
    private const double LeastShareOfWorkers = 0.9;

    public static Command Create()
    {
        var command = new Command(
            "overhead", $"What an operation costs beside its arithmetic, on a model of {EmptyModel.Operations} operations that compute next to nothing.");
        command.SetAction(_ => Run(BenchProgram.NewConsole()));
        return command;
    }

    private static int Run(IAnsiConsole console)
    {
        console.WriteLine(DeviceTraits.IlgpuDescription);
        var table = new Table { Border = TableBorder.Simple }
            .AddColumn($"{EmptyModel.Operations} operations").AddColumn("threads").AddColumn("a pass, best").AddColumn("median")
            .AddColumn("an operation, best").AddColumn("median");
        var threads = CpuPool.Shared.Threads;
        var slowest = 0.0;
        foreach (var count in new[] { 1, threads }.Distinct())
        {
            BenchDevice.UseThreads(count);
            slowest = Math.Max(slowest, Add(table, "LayerNorm (1, 16), CPU tiles: one call walks all", count, VariantKind.Cpu));
        }

        BenchDevice.UseThreads(threads);
        if (threads > 1)
        {
            using var alone = new SharedSteps(1);
            using var shared = new SharedSteps(threads);
            var times = PassTimes.Of(shared.Walk).Beyond(PassTimes.Of(alone.Walk));
            var isShared = shared.ShareOfWorkers >= LeastShareOfWorkers;
            var what = isShared ? "" : string.Create(
                CultureInfo.InvariantCulture, $"; not counted, others had the processors: workers took {shared.ShareOfWorkers:P0} of their tiles");
            var seconds = Row(table, $"steps of a tile a thread, beyond the tile: handing out and waiting{what}", threads, times);
            slowest = isShared ? Math.Max(slowest, seconds) : slowest;
        }

        Add(table, "LayerNorm (1, 16), a launch each: ILGPU's own cost, not the CPU path's", threads, VariantKind.Naive);
        console.Write(table);
        var fits = slowest <= MostSecondsAnOperation;
        console.WriteLine(
            $"CPU path: {Quantity.Time(slowest)} an operation at best, {(fits ? "within" : "beyond")} {Quantity.Time(MostSecondsAnOperation)}. " +
            "The best pass is that which other work on the machine disturbed least.");
        return fits ? BenchExit.Ok : BenchExit.CheckFailed;
    }

    private static double Add(Table table, string what, int threads, VariantKind variant)
    {
        using var model = new EmptyModel(variant);
        return Row(table, what, threads, PassTimes.Of(model.Run));
    }

    /// <returns>Seconds an operation in the best pass.</returns>
    private static double Row(Table table, string what, int threads, PassTimes times)
    {
        table.AddRow(
            what, $"{threads}", Quantity.Time(times.Best), Quantity.Time(times.Median),
            Quantity.Time(times.Best / EmptyModel.Operations), Quantity.Time(times.Median / EmptyModel.Operations));
        return times.Best / EmptyModel.Operations;
    }
}
