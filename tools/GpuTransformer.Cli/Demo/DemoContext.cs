using System.Globalization;
using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Spectre.Console;

namespace GpuTransformer.Cli.Demo;

/// <summary>What a model of the demo works with: the device, and where to show things to a person.</summary>
/// <param name="Device">Where models run.</param>
/// <param name="Loading">How they are loaded.</param>
/// <param name="Console">For a person; null when the output is JSON.</param>
/// <param name="Cancellation">Looked at between batches and tokens.</param>
internal sealed record DemoContext(ComputeDevice Device, LoadOptions Loading, IAnsiConsole? Console, CancellationToken Cancellation)
{
    /// <summary>Loads a shipped model and says so in a line.</summary>
    public TModel Load<TModel>(string name, string what)
        where TModel : TransformerModel
    {
        var model = TransformerModel.Load(ShippedModels.Folder(name), Device, Loading);
        Console?.WriteLine();
        Console?.Write(new Rule($"[bold]{name}[/]: {Markup.Escape(what)}").LeftJustified());
        Console?.MarkupLine(Markup.Escape(string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Architecture}, {model.Parameters / 1e6:0.00} M parameters, {model.CheckpointBytes / 1e6:0.0} MB; " +
            $"{Device.Kernels.Traits.Name}, {Variant}")));
        return (TModel)model;
    }

    /// <summary>Says what came of it.</summary>
    public void Report(DemoResult result)
    {
        Console?.MarkupLine(Markup.Escape(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Seconds:0.000} s, {result.Rate:N0} {result.RateUnit}")));
        Console?.MarkupLine(result.Equal
            ? $"[green]equal to the recorded answers[/]: {Markup.Escape(result.Compared)}"
            : $"[red]NOT equal to the recorded answers[/]: {Markup.Escape(result.Compared)}");
    }

    /// <summary>The recorded answers of a shipped model.</summary>
    public static JsonDocument Expected(string name)
    {
        var path = Path.Combine(ShippedModels.Folder(name), "expected.json");
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is JsonException or IOException)
        {
            throw new InputException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    private string Variant => Device.Kernels.RequestedVariant switch
    {
        VariantKind.Naive => "naive kernels",
        VariantKind.Group => "group kernels",
        _ when Device.Kernels.Traits.Kind == DeviceKind.Cpu => $"CPU tiles, {DeviceTraits.SimdName}, {Device.Kernels.Traits.CpuThreads} threads",
        _ => "group kernels",
    };
}
