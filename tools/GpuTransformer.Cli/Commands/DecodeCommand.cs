using System.CommandLine;
using System.Text;
using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx decode: the text that ids stand for.</summary>
internal static class DecodeCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Holds a tokenizer, or the name of a shipped model." };
        var keep = new Option<bool>("--keep-special") { Description = "Keep special tokens in the text." };
        var command = new Command(
            "decode",
            "Turn ids back into text. A line is a JSON array of ids, or an object with \"ids\", as `gputx tokens` writes it; a JSON line out is " +
            "{\"text\"}. Example: gputx decode bert-shakespeare \"[2, 102, 114, 231, 3]\"") { folder, keep };
        var options = new TextOptions(
            command, hasFormat: false, name: "IDS", description: "Arrays of ids, or objects with \"ids\". None: lines of --file, or of standard input.");
        command.SetAction(parsed =>
        {
            var request = options.Read(parsed);
            var tokenizer = Tokenizer.Load(ShippedModels.Resolve(parsed.GetValue(folder)!));
            return TextRun.Run(new Work(tokenizer, !parsed.GetValue(keep)), request);
        });
        return command;
    }

    /// <summary>The ids of a line: [1, 2, 3] or {"ids": [1, 2, 3]}.</summary>
    /// <exception cref="InputException">The line is neither.</exception>
    internal static int[] Ids(string line)
    {
        if (line.Length == 0)
        {
            return [];
        }

        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(line));
            reader.Read();
            int[]? ids = null;
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                ids = Array(ref reader);
            }
            else if (reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isIds = reader.ValueTextEquals("ids"u8);
                    reader.Read();
                    if (isIds && reader.TokenType == JsonTokenType.StartArray)
                    {
                        ids = Array(ref reader);
                    }

                    reader.Skip();
                }
            }

            while (reader.Read())
            {
            }

            return ids ?? throw new InputException("expected an array of ids, or an object with such an array as \"ids\"");
        }
        catch (JsonException error)
        {
            throw new InputException($"expected JSON, found something else at byte {error.BytePositionInLine + 1}");
        }
    }

    private static int[] Array(ref Utf8JsonReader reader)
    {
        var ids = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ids.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var id)
                ? id
                : throw new InputException($"id {ids.Count}: expected a whole number"));
        }

        return [.. ids];
    }

    private sealed class Work(Tokenizer tokenizer, bool skipSpecial) : TextWork<int[], string>
    {
        public override int[] Prepare(TextInput input)
        {
            var ids = Ids(input.Text);
            for (var i = 0; i < ids.Length; i++)
            {
                if (tokenizer.IdToToken(ids[i]) is null)
                {
                    throw new InputException($"id {i} is {ids[i]}, the vocabulary has none such (ids are below {tokenizer.IdLimit})");
                }
            }

            return ids;
        }

        public override IReadOnlyList<string> Run(IReadOnlyList<int[]> batch, CancellationToken cancellation) =>
            [.. batch.Select(ids => tokenizer.Decode(ids, skipSpecial))];

        public override void WriteJson(Utf8JsonWriter json, int[] item, string result)
        {
            json.WriteStartObject();
            json.WriteString("text", result);
            json.WriteEndObject();
        }

        public override void Show(IAnsiConsole console, TextInput input, int[] item, string result) =>
            console.MarkupLine(Shown.Markup(result));
    }
}
