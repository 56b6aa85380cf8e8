using System.Diagnostics;
using GpuTransformer.Models;
using GpuTransformer.Tasks;
using Spectre.Console;

namespace GpuTransformer.Cli.Demo;

/// <summary>The five best words for a mask.</summary>
internal static class MaskDemo
{
    private const string Name = "bert-shakespeare";
    private const int Best = 5;
    private const int BarWidth = 40;

    public static DemoResult Run(DemoContext context)
    {
        using var model = context.Load<Bert>(Name, "fills a mask");
        var filler = new MaskFiller(model);
        using var expected = DemoContext.Expected(Name);
        var logits = new RecordedLogits();
        var answers = new List<DemoAnswer>();
        var (same, tokens, seconds) = (0, 0, 0.0);
        foreach (var item in expected.RootElement.GetProperty("cases").EnumerateArray())
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var text = item.GetProperty("text").GetString()!;
            var ids = model.Tokenizer.Encode(text).Ids;
            var sameIds = ids.SequenceEqual(item.GetProperty("ids").EnumerateArray().Select(e => e.GetInt32()));
            var scores = model.LogitsAt(ids, item.GetProperty("mask_at").GetInt32());
            var watch = Stopwatch.StartNew();
            var best = filler.Fill(text, Best)[0];
            seconds += watch.Elapsed.TotalSeconds;
            tokens += ids.Length;
            logits.Compare([.. item.GetProperty("mask_logits").EnumerateArray().Select(e => e.GetSingle())], scores, rounding: 0.5e-4);
            var recorded = item.GetProperty("top5").EnumerateArray().Select(e => e[0].GetString()!).ToArray();
            same += sameIds && best.Select(b => b.Token).SequenceEqual(recorded) ? 1 : 0;
            Show(context, text, best);
            answers.Add(new DemoAnswer(text, string.Join(' ', best.Select(b => b.Token)), string.Join(' ', recorded)));
        }

        var result = DemoResult.Of(
            Name,
            model,
            seconds,
            tokens,
            "tokens a second",
            same == answers.Count,
            logits,
            $"the five best of {same} of {answers.Count} texts, logits within {logits.LargestRelativeDifference:0.0e+0} of PyTorch's",
            answers);
        context.Report(result);
        return result;
    }

    private static void Show(DemoContext context, string text, MaskFill[] best)
    {
        context.Console?.WriteLine();
        context.Console?.WriteLine(text);
        foreach (var (word, _, share) in best)
        {
            var bar = new string('█', Math.Max(1, (int)Math.Round(share * BarWidth * 2)));
            context.Console?.MarkupLine($"  {Markup.Escape(word),-12} [teal]{bar[..Math.Min(bar.Length, BarWidth)]}[/] {share * 100:0.0} %");
        }
    }
}
