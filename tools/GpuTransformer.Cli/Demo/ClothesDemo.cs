using System.Diagnostics;
using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Spectre.Console;

namespace GpuTransformer.Cli.Demo;

/// <summary>Pictures of clothes, sorted into ten classes.</summary>
internal static class ClothesDemo
{
    private const string Name = "vit-fashion";
    private const int Shown = 8;
    private const int PerRow = 4;
    private const int BatchSize = 100;

    public static DemoResult Run(DemoContext context)
    {
        using var model = context.Load<Vit>(Name, "pictures of clothes, ten classes");
        var (mean, deviation) = Normalization();
        using var test = SafetensorsFile.Open(Path.Combine(ShippedModels.Folder(Name), "test-set.safetensors"));
        var images = test.Bytes("images").ToArray();
        var labels = test.Bytes("labels").ToArray();
        var each = model.Config.ImageHeight * model.Config.ImageWidth;
        if (images.Length != labels.Length * each)
        {
            throw new InputException($"test-set.safetensors: {images.Length} pixels for {labels.Length} labels, expected {each} each.");
        }

        var (logits, compared) = CompareRecorded(model, mean, deviation);
        var watch = Stopwatch.StartNew();
        var answers = new int[labels.Length];
        for (var first = 0; first < labels.Length; first += BatchSize)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(BatchSize, labels.Length - first);
            var scores = model.Classify(Pixels(images.AsSpan(first * each, count * each), mean, deviation));
            for (var i = 0; i < count; i++)
            {
                answers[first + i] = ArgMax.Of(scores.AsSpan(i * model.Config.Labels.Count, model.Config.Labels.Count));
            }
        }

        var seconds = watch.Elapsed.TotalSeconds;
        var right = answers.Zip(labels).Count(pair => pair.First == pair.Second);
        Show(context, model, images, labels, answers);
        context.Console?.MarkupLine($"{right} of {labels.Length} right ({100.0 * right / labels.Length:0.0} %)");
        var result = DemoResult.Of(
            Name,
            model,
            seconds,
            labels.Length,
            "images a second",
            true,
            logits,
            $"logits of {compared} images within {logits.LargestRelativeDifference:0.0e+0} of float64's",
            [
                new DemoAnswer($"{labels.Length} test images", $"{right} right", $"accuracy {(double)right / labels.Length:0.0000}"),
                .. Enumerable.Range(0, Shown).Select(i => new DemoAnswer(
                    $"image {i}", model.Config.Labels[answers[i]], model.Config.Labels[labels[i]])),
            ]);
        context.Report(result);
        return result;
    }

    private static (float Mean, float Deviation) Normalization()
    {
        var config = ModelConfig.Load(ShippedModels.Folder(Name));
        return ((float)config.Number("pixel_mean"), (float)config.Number("pixel_std", 1e-6));
    }

    private static (RecordedLogits Logits, int Images) CompareRecorded(Vit model, float mean, float deviation)
    {
        using var expected = SafetensorsFile.Open(Path.Combine(ShippedModels.Folder(Name), "expected.safetensors"));
        var logits = new RecordedLogits();
        logits.Compare(expected.ReadFloat32("logits"), model.Classify(Pixels(expected.Bytes("images"), mean, deviation)), rounding: 0);
        return (logits, expected.Bytes("labels").Length);
    }

    private static float[] Pixels(ReadOnlySpan<byte> bytes, float mean, float deviation)
    {
        var pixels = new float[bytes.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (bytes[i] / 255f - mean) / deviation;
        }

        return pixels;
    }

    private static void Show(DemoContext context, Vit model, byte[] images, byte[] labels, int[] answers)
    {
        if (context.Console is not { } console)
        {
            return;
        }

        var (height, width) = (model.Config.ImageHeight, model.Config.ImageWidth);
        var colours = console.Profile.Capabilities.ColorSystem >= ColorSystem.EightBit;
        for (var first = 0; first < Math.Min(Shown, labels.Length); first += PerRow)
        {
            var grid = new Grid();
            var pictures = new List<Markup>();
            var captions = new List<Markup>();
            for (var i = first; i < Math.Min(first + PerRow, labels.Length); i++)
            {
                grid.AddColumn(new GridColumn { Width = width / 2 + 2, NoWrap = true });
                pictures.Add(new Markup(TerminalPicture.Draw(images.AsSpan(i * height * width, height * width), height, width, colours)));
                var said = Markup.Escape(model.Config.Labels[answers[i]]);
                captions.Add(new Markup(answers[i] == labels[i] ? said : $"[red]{said}[/]"));
            }

            grid.AddRow([.. pictures]);
            grid.AddRow([.. captions]);
            console.Write(grid);
        }
    }
}
