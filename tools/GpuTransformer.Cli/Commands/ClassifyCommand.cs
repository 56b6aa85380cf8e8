using System.CommandLine;
using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Tasks;
using GpuTransformer.Tokenizers;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx classify: labels for whole texts.</summary>
internal static class ClassifyCommand
{
    private const int BarWidth = 30;
    private const int ShownLabels = 10;

    public static Command Create()
    {
        var folder = TaskCommand.Folder();
        var topK = new Option<int?>("--top-k") { Description = "Only the best labels. Default: all, the best first.", HelpName = "N" };
        var command = new Command(
            "classify",
            "Label texts, or pairs of texts. A JSON line is {\"labels\": [{\"label\", \"score\"}]}: a softmax over the labels, or a sigmoid of each " +
            "where the config says multi_label_classification. Example: gputx classify distilbert-sst2 \"a charming film\"") { folder, topK };
        return TaskCommand.Create<TextClassifier, Tokenization, LabelScore[]>(
            command,
            folder,
            (parsed, path, device, options) => TextClassifier.Load(path, device, options, DeviceOptions.Loading(parsed)),
            (parsed, task) => new Work(task, TaskCommand.Count("--top-k", parsed.GetValue(topK) ?? int.MaxValue)));
    }

    private sealed class Work(TextClassifier classifier, int count) : TokenWork<LabelScore[]>(classifier)
    {
        public override IReadOnlyList<LabelScore[]> Run(IReadOnlyList<Tokenization> batch, CancellationToken cancellation) =>
            [.. classifier.Classify(batch).Select(labels => labels.Take(count).Select(l => l with { Score = TaskCommand.Finite(l.Score) }).ToArray())];

        public override void WriteJson(Utf8JsonWriter json, Tokenization item, LabelScore[] result)
        {
            json.WriteStartObject();
            json.WriteStartArray("labels");
            foreach (var (label, score) in result)
            {
                json.WriteStartObject();
                json.WriteString("label", label);
                json.WriteNumber("score", score);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        public override void Show(IAnsiConsole console, TextInput input, Tokenization item, LabelScore[] result)
        {
            console.MarkupLine($"[bold]{Shown.Markup(input.Text)}[/]{(input.Pair is { } pair ? $" [grey]│[/] {Shown.Markup(pair)}" : "")}");
            var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap());
            foreach (var (label, score) in result.Take(ShownLabels))
            {
                grid.AddRow($"  {Shown.Markup(label)}", Bars.Percent(score), $"[teal]{Bars.Of(score, BarWidth)}[/]");
            }

            console.Write(grid);
        }
    }
}
