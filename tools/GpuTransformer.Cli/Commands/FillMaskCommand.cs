using System.CommandLine;
using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Tasks;
using GpuTransformer.Tokenizers;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx fill-mask: words for the masks of texts.</summary>
internal static class FillMaskCommand
{
    private const int BarWidth = 30;

    public static Command Create()
    {
        var folder = TaskCommand.Folder();
        var topK = new Option<int>("--top-k") { Description = "Tokens for each mask.", HelpName = "N", DefaultValueFactory = _ => 5 };
        var command = new Command(
            "fill-mask",
            "Fill the masks of texts. A JSON line is {\"masks\": [[{\"token\", \"id\", \"score\"}]]}: for each mask the best tokens. " +
            "Example: gputx fill-mask bert-shakespeare \"good [MASK] , my lord\"") { folder, topK };
        return TaskCommand.Create<MaskFiller, Tokenization, IReadOnlyList<MaskFill[]>>(
            command,
            folder,
            (parsed, path, device, options) => MaskFiller.Load(path, device, options, DeviceOptions.Loading(parsed)),
            (parsed, task) => new Work(task, TaskCommand.Count("--top-k", parsed.GetValue(topK))));
    }

    private sealed class Work(MaskFiller filler, int count) : TokenWork<IReadOnlyList<MaskFill[]>>(filler)
    {
        public override IReadOnlyList<IReadOnlyList<MaskFill[]>> Run(IReadOnlyList<Tokenization> batch, CancellationToken cancellation) =>
            [.. filler.Fill(batch, count).Select(masks => masks.Select(
                fills => fills.Select(fill => fill with { Score = TaskCommand.Finite(fill.Score) }).ToArray()).ToArray())];

        public override void WriteJson(Utf8JsonWriter json, Tokenization item, IReadOnlyList<MaskFill[]> result)
        {
            json.WriteStartObject();
            json.WriteStartArray("masks");
            foreach (var fills in result)
            {
                json.WriteStartArray();
                foreach (var fill in fills)
                {
                    json.WriteStartObject();
                    json.WriteString("token", fill.Token);
                    json.WriteNumber("id", fill.Id);
                    json.WriteNumber("score", fill.Score);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        public override void Show(IAnsiConsole console, TextInput input, Tokenization item, IReadOnlyList<MaskFill[]> result)
        {
            console.MarkupLine($"[bold]{Shown.Markup(input.Text)}[/]");
            for (var i = 0; i < result.Count; i++)
            {
                if (result.Count > 1)
                {
                    console.MarkupLine($"[grey]mask {i + 1}[/]");
                }

                var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap());
                foreach (var fill in result[i])
                {
                    grid.AddRow($"  {Shown.Markup(fill.Token)}", Bars.Percent(fill.Score), $"[teal]{Bars.Of(fill.Score, BarWidth)}[/]");
                }

                console.Write(grid);
            }
        }
    }
}
