using System.CommandLine;
using System.Text;
using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Tasks;
using GpuTransformer.Tokenizers;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx ner: named entities in texts.</summary>
internal static class NerCommand
{
    private static readonly string[] s_colours = ["aqua", "yellow", "fuchsia", "lime", "orange1", "deepskyblue1"];

    public static Command Create()
    {
        var folder = TaskCommand.Folder();
        var offsets = new OffsetsOption();
        var command = new Command(
            "ner",
            "Find named entities. A JSON line is {\"entities\": [{\"label\", \"score\", \"start\", \"end\", \"text\"}]}: neighbouring tokens of one " +
            "label joined, B- and I- taken off. Example: gputx ner bert-base-NER \"Ada Lovelace lived in London\"") { folder, offsets.Option };
        return TaskCommand.Create<EntityFinder, Item, IReadOnlyList<Entity>>(
            command,
            folder,
            (parsed, path, device, options) => EntityFinder.Load(path, device, options, DeviceOptions.Loading(parsed)),
            (parsed, task) => new Work(task, offsets.Read(parsed)));
    }

    private sealed record Item(TextInput Input, Tokenization Tokens);

    private sealed class Work(EntityFinder finder, bool inCodePoints) : TextWork<Item, IReadOnlyList<Entity>>
    {
        public override Item Prepare(TextInput input) => input.Pair is null
            ? new Item(input, finder.Tokenize(input.Text))
            : throw new Kernels.InputException("entities are found in one text, a pair was given");

        public override int LengthOf(Item item) => item.Tokens.Count;

        public override IReadOnlyList<IReadOnlyList<Entity>> Run(IReadOnlyList<Item> batch, CancellationToken cancellation) =>
            [.. finder.Find([.. batch.Select(item => item.Tokens)]).Select(entities => entities.Select(e => e with { Score = TaskCommand.Finite(e.Score) }).ToArray())];

        public override void WriteJson(Utf8JsonWriter json, Item item, IReadOnlyList<Entity> result)
        {
            json.WriteStartObject();
            json.WriteStartArray("entities");
            var points = new CodePoints(item.Input.Text);
            foreach (var entity in result)
            {
                json.WriteStartObject();
                json.WriteString("label", entity.Label);
                json.WriteNumber("score", entity.Score);
                json.WriteNumber("start", inCodePoints ? points.Before(entity.Start) : entity.Start);
                json.WriteNumber("end", inCodePoints ? points.Before(entity.End) : entity.End);
                json.WriteString("text", item.Input.Text[entity.Start..entity.End]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        public override void Show(IAnsiConsole console, TextInput input, Item item, IReadOnlyList<Entity> result)
        {
            var colours = result.Select(e => e.Label).Distinct().Select((label, i) => (label, s_colours[i % s_colours.Length])).ToDictionary();
            var line = new StringBuilder();
            var at = 0;
            foreach (var entity in result)
            {
                line.Append(Shown.Markup(input.Text[at..entity.Start]));
                line.Append($"[bold {colours[entity.Label]}]{Shown.Markup(input.Text[entity.Start..entity.End])}[/]");
                line.Append($"[grey]⟨{Shown.Markup(entity.Label)} {Bars.Percent(entity.Score)}⟩[/]");
                at = entity.End;
            }

            console.MarkupLine(line.Append(Shown.Markup(input.Text[at..])).ToString());
        }
    }
}
