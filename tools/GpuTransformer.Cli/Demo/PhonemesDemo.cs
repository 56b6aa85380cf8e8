using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Models;
using Spectre.Console;

namespace GpuTransformer.Cli.Demo;

/// <summary>Letters to phonemes, by the decoder that goes step by step or by the one that answers at once.</summary>
internal static class PhonemesDemo
{
    private const int Shown = 8;

    public static DemoResult Run(DemoContext context, string name)
    {
        var how = name == "g2p" ? "one phoneme after another" : "all phonemes at once";
        using var model = context.Load<Seq2SeqTransformer>(name, $"letters to phonemes, {how}");
        using var expected = DemoContext.Expected(name);
        var words = Texts(expected.RootElement.GetProperty("words"));
        var recorded = Texts(expected.RootElement.GetProperty("phonemes"));
        model.Transcribe(words[0]);
        var watch = Stopwatch.StartNew();
        var spoken = model.Transcribe(words);
        var seconds = watch.Elapsed.TotalSeconds;

        var same = spoken.Zip(recorded).Count(pair => pair.First == pair.Second);
        var logits = CompareProbe(model, expected.RootElement.GetProperty("probe"));
        Show(context, words, spoken, recorded);
        var result = DemoResult.Of(
            name,
            model,
            seconds,
            spoken.Sum(s => s.Split(' ').Length + 1),
            "phonemes a second",
            same == words.Length,
            logits,
            $"{same} of {words.Length} words as PyTorch answers, logits within {logits.LargestRelativeDifference:0.0e+0} of float64's",
            [.. words.Select((word, i) => new DemoAnswer(word, spoken[i], recorded[i]))]);
        context.Report(result);
        return result;
    }

    private static void Show(DemoContext context, string[] words, IReadOnlyList<string> spoken, string[] recorded)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("word", "phonemes", "PyTorch");
        for (var i = words.Length - Math.Min(Shown, words.Length); i < words.Length; i++)
        {
            table.AddRow(Markup.Escape(words[i]), Markup.Escape(spoken[i]), spoken[i] == recorded[i] ? "the same" : Markup.Escape(recorded[i]));
        }

        context.Console?.Write(table);
    }

    private static RecordedLogits CompareProbe(Seq2SeqTransformer model, JsonElement probe)
    {
        var source = probe.GetProperty("source").EnumerateArray().Select(e => e.GetInt64()).ToArray();
        var target = probe.GetProperty("target").EnumerateArray().Select(e => e.GetInt64()).ToArray();
        var expected = probe.GetProperty("logits").EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(e => e.GetSingle()).ToArray();
        var outputs = model.Forward(new ForwardInputs(
            new HostTensor("input_ids", source, 1, source.Length), new HostTensor("decoder_input_ids", target, 1, target.Length)));
        var logits = new RecordedLogits();
        logits.Compare(expected, outputs.Single(o => o.Name == "logits").Floats, rounding: 0.5e-6);
        return logits;
    }

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetString() ?? "")];
}
