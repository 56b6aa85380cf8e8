using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Generation;
using GpuTransformer.Models;
using Spectre.Console;

namespace GpuTransformer.Cli.Demo;

/// <summary>Verse, streamed as it is made.</summary>
internal static class VerseDemo
{
    private const string Name = "gpt2-shakespeare";

    public static DemoResult Run(DemoContext context)
    {
        using var model = context.Load<Gpt2>(Name, "writes verse, greedily");
        using var expected = DemoContext.Expected(Name);
        var tokenizer = model.Tokenizer;
        var logits = new RecordedLogits();
        var answers = new List<DemoAnswer>();
        var (same, made, seconds) = (0, 0, 0.0);
        foreach (var item in expected.RootElement.GetProperty("cases").EnumerateArray())
        {
            var prompt = item.GetProperty("prompt").GetString()!;
            var recorded = Ids(item.GetProperty("greedy_ids"));
            var ids = tokenizer.Encode(prompt).Ids;
            logits.Compare(
                [.. item.GetProperty("last_logits").EnumerateArray().Select(e => e.GetSingle())], model.NextLogits(ids), rounding: 0.5e-5);
            context.Console?.WriteLine();
            context.Console?.Write(new Spectre.Console.Text(prompt, new Style(decoration: Decoration.Bold)));
            var text = prompt;
            var all = new List<int>(ids);
            var watch = Stopwatch.StartNew();
            var options = new GenerationOptions { MaxNewTokens = recorded.Length - ids.Length, EosTokenIds = [] };
            foreach (var token in model.Stream(ids, options, context.Cancellation))
            {
                all.Add(token.Id);
                made++;
                text += Show(context, token.Text);
            }

            seconds += watch.Elapsed.TotalSeconds;
            context.Console?.WriteLine();
            same += all.SequenceEqual(recorded) && text == item.GetProperty("greedy_text").GetString() ? 1 : 0;
            answers.Add(new DemoAnswer(prompt, text, item.GetProperty("greedy_text").GetString()!));
        }

        var result = DemoResult.Of(
            Name,
            model,
            seconds,
            made,
            "tokens a second",
            same == answers.Count,
            logits,
            $"{same} of {answers.Count} texts, logits within {logits.LargestRelativeDifference:0.0e+0} of float64's",
            answers);
        context.Report(result);
        return result;
    }

    private static string Show(DemoContext context, string piece)
    {
        context.Console?.Write(new Spectre.Console.Text(piece));
        return piece;
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
