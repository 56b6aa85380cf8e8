using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Generation;
using GpuTransformer.Models;
using GpuTransformer.Tokenizers;
using Spectre.Console;

namespace GpuTransformer.Cli.Generating;

/// <summary>A text made ready for generation.</summary>
/// <param name="Ids">Its tokens.</param>
/// <param name="Number">Its place among all inputs, which names its random stream.</param>
internal sealed record PromptItem(int[] Ids, int Number);

/// <summary>Texts that are continued, or answered by an encoder-decoder.</summary>
/// <param name="model">The model.</param>
/// <param name="options">What the command line says.</param>
/// <param name="encode">Cuts a text into tokens.</param>
/// <param name="notice">Says that answers were cut.</param>
internal sealed class GenerationWork(GenerativeModel model, GenerationOptions options, Func<TextInput, PromptItem> encode, LengthNotice notice)
    : TextWork<PromptItem, IReadOnlyList<GenerationResult>>
{
    public override PromptItem Prepare(TextInput input) => encode(input);

    public override int LengthOf(PromptItem item) => item.Ids.Length;

    public override IReadOnlyList<IReadOnlyList<GenerationResult>> Run(IReadOnlyList<PromptItem> batch, CancellationToken cancellation)
    {
        var results = model.Generate([.. batch.Select(item => item.Ids)], [.. batch.Select(item => item.Number)], options, cancellation);
        notice.See(results);
        return [.. results.GroupBy(result => result.Input).OrderBy(group => group.Key).Select(group => group.ToArray())];
    }

    public override void WriteJson(Utf8JsonWriter json, PromptItem item, IReadOnlyList<GenerationResult> result)
    {
        json.WriteStartObject();
        if (result.Count == 1)
        {
            WriteAnswer(json, result[0]);
        }
        else
        {
            json.WriteStartArray("candidates");
            foreach (var answer in result)
            {
                json.WriteStartObject();
                WriteAnswer(json, answer);
                if (answer.Score is { } score)
                {
                    json.WritePropertyName("score");
                    GenerationJson.WriteNumber(json, score);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    public override void Show(IAnsiConsole console, TextInput input, PromptItem item, IReadOnlyList<GenerationResult> result)
    {
        console.Write(new Spectre.Console.Text(TerminalText.Plain(input.Text), new Style(decoration: Decoration.Bold)));
        console.WriteLine();
        foreach (var answer in result)
        {
            var score = result.Count > 1 && answer.Score is { } known ? $"{known,9:0.0000}  " : "  ";
            console.Write(new Spectre.Console.Text($"{score}{TerminalText.Plain(Decode(answer).Trim('\n'))}"));
            console.WriteLine();
        }
    }

    private void WriteAnswer(Utf8JsonWriter json, GenerationResult answer)
    {
        json.WritePropertyName("ids");
        GenerationJson.WriteIds(json, answer);
        json.WriteString("text", Decode(answer));
        if (answer.LogProbs is { } logProbs)
        {
            json.WritePropertyName("logprobs");
            GenerationJson.WriteNumbers(json, logProbs);
        }
    }

    private string Decode(GenerationResult answer) => model.TargetTokenizer.Decode([.. answer.Ids]);
}

/// <summary>Text for a terminal that keeps its lines.</summary>
internal static class TerminalText
{
    /// <summary>The text without anything that a terminal obeys but the ends of its lines and tabs.</summary>
    public static string Plain(string text) =>
        string.Join('\n', text.Split('\n').Select(line => string.Join('\t', line.Split('\t').Select(Shown.Plain))));
}
