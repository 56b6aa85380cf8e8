using System.CommandLine;
using System.Globalization;
using GpuTransformer.Bench.Memory;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Spectre.Console;

namespace GpuTransformer.Bench.Quality;

/// <summary>What each encoding of weights and activations costs in answers.</summary>
internal static class QualityCommand
{
    private static readonly (string Name, LoadOptions Options)[] s_encodings =
    [
        ("f16", new() { Weights = WeightEncoding.F16 }),
        ("bf16", new() { Weights = WeightEncoding.BF16 }),
        ("q8_0", new() { Weights = WeightEncoding.Q8_0 }),
        ("q4_0", new() { Weights = WeightEncoding.Q4_0 }),
        ("stored x int8", new() { Activations = ActivationEncoding.Int8 }),
        ("q8_0 x int8", new() { Weights = WeightEncoding.Q8_0, Activations = ActivationEncoding.Int8 }),
        ("q4_0 x int8", new() { Weights = WeightEncoding.Q4_0, Activations = ActivationEncoding.Int8 }),
    ];

    public static Command Create()
    {
        var text = new Option<FileInfo?>("--text") { Description = "The text of perplexities and sentences, instead of those that are built in.", HelpName = "FILE" };
        var models = new Option<string[]>("--model") { Description = "Only models whose name holds one of these words.", HelpName = "WORD", AllowMultipleArgumentsPerToken = true };
        var command = new Command("quality", "What each encoding of weights and activations costs: right answers, perplexity, agreement with float32.") { text, models };
        command.SetAction(parsed =>
        {
            var given = parsed.GetValue(text) is { } file ? File.ReadAllText(file.FullName) : null;
            var words = parsed.GetValue(models) ?? [];
            var all = Cases(given ?? Text("prose.txt"), given ?? Text("verse.txt")).ToArray();
            var cases = all.Where(c => words.Length == 0 || words.Any(word => c.Model.Contains(word, StringComparison.Ordinal))).ToArray();
            if (cases.Length == 0)
            {
                throw new ArgumentException($"--model: no name holds '{string.Join("' or '", words)}'; there are: {string.Join(", ", all.Select(c => c.Model))}");
            }

            using var device = ComputeDevice.Open("cpu");
            Print(BenchProgram.NewConsole(), device, cases);
            return BenchExit.Ok;
        });
        return command;
    }

    private static IEnumerable<QualityCase> Cases(string prose, string verse)
    {
        (string Name, Func<TransformerModel, QualityResult> Measure)[] shipped =
        [
            ("g2p", ShippedQuality.Phonemes),
            ("g2p-nat", ShippedQuality.Phonemes),
            ("vit-fashion", ShippedQuality.Pictures),
            ("bert-shakespeare", model => ShippedQuality.Masks(model, verse)),
            ("gpt2-shakespeare", model => LanguageQuality.Measure((CausalModel)model, verse)),
        ];
        (string Name, Func<TransformerModel, QualityResult> Measure)[] real =
        [
            ("minilm", model => ShippedQuality.Sentences(model, prose)),
            ("smollm2", model => LanguageQuality.Measure((CausalModel)model, prose)),
        ];
        foreach (var (name, folder, measure) in shipped.Select(s => (s.Name, BenchModels.ShippedFolder(s.Name), s.Measure))
            .Concat(real.Select(r => (r.Name, BenchModels.RealFolder(r.Name), r.Measure))))
        {
            if (folder is not null)
            {
                yield return new QualityCase(name, folder, measure);
            }
        }
    }

    private static void Print(IAnsiConsole console, ComputeDevice device, IEnumerable<QualityCase> cases)
    {
        var table = new Table().AddColumn("model").AddColumn("weights").AddColumn("packed, MB").AddColumn("answers").AddColumn("against stored weights");
        foreach (var each in cases)
        {
            var (stored, bytes, _) = each.Run(device, new LoadOptions());
            table.AddRow(each.Model, "stored", Mega(bytes), stored.Measure, "");
            foreach (var (name, options) in s_encodings)
            {
                var (result, packed, isRounded) = each.Run(device, options);
                if (options.Activations == ActivationEncoding.F32 || isRounded)
                {
                    table.AddRow("", name, Mega(packed), result.Measure, result.Agreement(stored));
                }
            }
        }

        console.Write(table);
        console.WriteLine("stored: as the file has it, the bits of float32. Greedy continuations are 64 tokens; sums are float32 everywhere.");
    }

    private static string Text(string name)
    {
        using var stream = typeof(QualityCommand).Assembly.GetManifestResourceStream($"GpuTransformer.Bench.Quality.{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Mega(long bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
}
