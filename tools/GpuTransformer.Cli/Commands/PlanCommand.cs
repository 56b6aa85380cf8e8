using System.CommandLine;
using System.Globalization;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Models;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx plan: one line a launch.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("MODEL") { Description = "Model folder, or the name of a shipped model." };
        var command = new Command("plan", "Print what a run of a model launches (operation, variant, shape, arena offset, flops, bytes) and how its weights are kept.") { folder };
        command.SetAction(parsed => DeviceOptions.Run(parsed, device =>
        {
            using var model = TransformerModel.Load(ShippedModels.Resolve(parsed.GetValue(folder)!), device, DeviceOptions.Loading(parsed));
            Console.WriteLine($"{model.Architecture}, {model.Parameters:N0} parameters, on {device.Kernels.Traits.Name}");
            foreach (var report in model.Plan())
            {
                Print(report);
            }

            PrintWeights(model.Weights());
            PrintDevice(device.Kernels);
            return ExitCode.Ok;
        }));
        return command;
    }

    /// <summary>What the device holds for it, where it is not the host's memory, and what had to be compiled.</summary>
    private static void PrintDevice(KernelSet kernels)
    {
        var (memory, compiled) = (kernels.Memory, kernels.Compiled);
        if (kernels.Traits.Kind != DeviceKind.Cpu)
        {
            Console.WriteLine();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"memory: {memory.PeakBytes:N0} bytes at most in use, {memory.HeldBytes:N0} held in {memory.Allocations} allocation(s), of the device's {memory.DeviceBytes:N0}"));
        }

        if (compiled.Kernels > 0)
        {
            Console.WriteLine(compiled);
        }
    }

    /// <summary>How each weight is kept.</summary>
    private static void PrintWeights(IReadOnlyList<WeightReport> weights)
    {
        Console.WriteLine();
        var (mapped, own) = (weights.Where(w => w.IsMapped).Sum(w => w.Bytes), weights.Where(w => !w.IsMapped).Sum(w => w.Bytes));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"weights: {own:N0} bytes packed, {mapped:N0} bytes read from the mapped file"));
        var (names, encodings) = (weights.Max(w => w.Name.Length), weights.Max(w => w.Encoding.Length));
        foreach (var weight in weights)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{weight.Name.PadRight(names)}  {weight.Kind,-6}  {weight.Encoding.PadRight(encodings)}  {$"{weight.Rows}x{weight.Columns}",-14} {weight.Bytes,14:N0} B{(weight.IsMapped ? "  mapped" : "")}"));
        }
    }

    private static void Print(PlanReport report)
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Program}: {report.Lines.Count} launches, arena {report.ArenaBytes:N0} bytes (at one launch {report.LeastBytes:N0} are alive; without sharing {report.UnplannedBytes:N0})"));
        var layerWidth = report.Lines.Max(l => l.Layer.Length);
        var operationWidth = report.Lines.Max(l => l.Operation.Length);
        var variantWidth = report.Lines.Max(l => l.Variant.Length);
        var shapeWidth = report.Lines.Max(l => l.Shape.Length);
        foreach (var line in report.Lines)
        {
            var offset = line.ArenaOffset < 0 ? "cache" : line.ArenaOffset.ToString(CultureInfo.InvariantCulture);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{line.Layer.PadRight(layerWidth)}  {line.Operation.PadRight(operationWidth)}  {line.Variant.PadRight(variantWidth)}  " +
                $"{line.Shape.PadRight(shapeWidth)}  @{offset,-10} {line.Flops,14:N0} flop {line.Bytes,12:N0} B"));
        }
    }
}
