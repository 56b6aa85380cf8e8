using System.CommandLine;
using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Tokenizers;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx tokens: what a tokenizer makes of texts.</summary>
internal static class TokensCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Holds tokenizer.json, or another form of a tokenizer. Nothing else is needed." };
        var command = new Command("tokens", "Cut texts into tokens.") { folder };
        var noSpecial = new Option<bool>("--no-special") { Description = "Add no special tokens." };
        command.Add(noSpecial);
        var options = new TextOptions(command);
        command.SetAction(parsed =>
        {
            var request = options.Read(parsed);
            var tokenizer = Tokenizer.Load(ShippedModels.Resolve(parsed.GetValue(folder)!)).With(null, null);
            return TextRun.Run(new Work(tokenizer, !parsed.GetValue(noSpecial)), request);
        });
        return command;
    }

    private sealed class Work(Tokenizer tokenizer, bool addSpecial) : TextWork<Tokenization, Tokenization>
    {
        public override Tokenization Prepare(TextInput input) => input.Pair is { } pair
            ? tokenizer.Encode(input.Text, pair, addSpecial)
            : tokenizer.Encode(input.Text, addSpecial);

        public override IReadOnlyList<Tokenization> Run(IReadOnlyList<Tokenization> batch, CancellationToken cancellation) => batch;

        public override void WriteJson(Utf8JsonWriter json, Tokenization item, Tokenization result)
        {
            json.WriteStartObject();
            json.WriteStartArray("ids");
            foreach (var id in result.Ids)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
            json.WriteStartArray("type_ids");
            foreach (var type in result.TypeIds)
            {
                json.WriteNumberValue(type);
            }

            json.WriteEndArray();
            json.WriteStartArray("tokens");
            foreach (var token in result.Tokens)
            {
                json.WriteStringValue(token);
            }

            json.WriteEndArray();
            json.WriteStartArray("offsets");
            foreach (var (start, end) in result.Offsets)
            {
                json.WriteStartArray();
                json.WriteNumberValue(start);
                json.WriteNumberValue(end);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        public override void Show(IAnsiConsole console, TextInput input, Tokenization item, Tokenization result)
        {
            console.WriteLine(Shown.Plain(input.Text));
            console.WriteLine(string.Join(" ", result.Tokens.Select(Shown.Plain)));
        }
    }
}
