using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Tasks;
using GpuTransformer.Tokenizers;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx embed: a vector for each text.</summary>
internal static class EmbedCommand
{
    private const int ComparedTexts = 12;
    private const int ShownValues = 4;

    public static Command Create()
    {
        var folder = TaskCommand.Folder();
        var pooling = new Option<string?>("--pooling") { Description = "Instead of the folder's pooling: mean (a plain encoder's default), cls or max.", HelpName = "MODE" };
        pooling.AcceptOnlyFromAmong("mean", "cls", "max");
        var normalize = new Option<bool?>("--normalize") { Description = "Give vectors length 1. Default: as the folder says; a plain encoder's stay as they are.", Arity = ArgumentArity.Zero };
        var command = new Command(
            "embed",
            "Turn texts into vectors. A JSON line is {\"embedding\": [...]}. A sentence-transformers folder says how (its texts are cut at " +
            "max_seq_length); of a plain encoder the mean over tokens is taken. Example: gputx embed all-MiniLM-L6-v2 \"a sentence\"") { folder, pooling, normalize };
        return TaskCommand.Create<SentenceEmbedder, Tokenization, float[]>(
            command,
            folder,
            (parsed, path, device, options) => SentenceEmbedder.Load(path, device, options, parsed.GetValue(pooling) switch
            {
                "mean" => PoolingMode.Mean,
                "cls" => PoolingMode.Cls,
                "max" => PoolingMode.Max,
                _ => null,
            }, parsed.GetResult(normalize) is null ? null : true, DeviceOptions.Loading(parsed)),
            (_, task) => new Work(task));
    }

    private sealed class Work(SentenceEmbedder embedder) : TokenWork<float[]>(embedder)
    {
        private readonly List<(string Text, float[] Vector)> _shown = [];

        public override IReadOnlyList<float[]> Run(IReadOnlyList<Tokenization> batch, CancellationToken cancellation)
        {
            var vectors = embedder.Embed(batch);
            foreach (var vector in vectors)
            {
                Array.ForEach(vector, value => TaskCommand.Finite(value));
            }

            return vectors;
        }

        public override void WriteJson(Utf8JsonWriter json, Tokenization item, float[] result)
        {
            json.WriteStartObject();
            json.WriteStartArray("embedding");
            foreach (var value in result)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        public override void Show(IAnsiConsole console, TextInput input, Tokenization item, float[] result)
        {
            var values = string.Join(", ", result.Take(ShownValues).Select(v => v.ToString("0.0000", CultureInfo.InvariantCulture)));
            console.MarkupLine($"[bold]{Shown.Markup(input.Text)}[/]");
            console.MarkupLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {result.Length} values, length {Math.Sqrt(result.Sum(v => (double)v * v)):0.###}: [teal]{values}[/]{(result.Length > ShownValues ? ", …" : "")}"));
            if (_shown.Count <= ComparedTexts)
            {
                _shown.Add((input.Text, result));
            }
        }

        /// <summary>A few texts are compared with each other: that is what the vectors are for.</summary>
        public override void ShowEnd(IAnsiConsole console)
        {
            if (_shown.Count is < 2 or > ComparedTexts)
            {
                return;
            }

            var table = new Table().Border(TableBorder.Simple).Title("[grey]cosine similarity[/]").AddColumn("").AddColumn("");
            for (var i = 0; i < _shown.Count; i++)
            {
                table.AddColumn(new TableColumn($"{i + 1}").RightAligned());
            }

            for (var i = 0; i < _shown.Count; i++)
            {
                table.AddRow([
                    $"{i + 1}", Shown.Markup(_shown[i].Text),
                    .. _shown.Select(other => Coloured(Cosine(_shown[i].Vector, other.Vector)))]);
            }

            console.Write(table);
        }

        private static string Coloured(double cosine)
        {
            var colour = cosine >= 0.6 ? "green" : cosine >= 0.3 ? "yellow" : "grey";
            return string.Create(CultureInfo.InvariantCulture, $"[{colour}]{cosine:0.00}[/]");
        }

        private static double Cosine(float[] a, float[] b)
        {
            var (dot, first, second) = (0.0, 0.0, 0.0);
            for (var i = 0; i < a.Length; i++)
            {
                dot += (double)a[i] * b[i];
                first += (double)a[i] * a[i];
                second += (double)b[i] * b[i];
            }

            return dot / Math.Max(Math.Sqrt(first * second), 1e-30);
        }
    }
}
