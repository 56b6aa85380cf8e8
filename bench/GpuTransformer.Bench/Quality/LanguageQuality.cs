using System.Globalization;
using GpuTransformer.Generation;
using GpuTransformer.Models;

namespace GpuTransformer.Bench.Quality;

/// <summary>Models that write: perplexity over a text, and greedy continuations.</summary>
internal static class LanguageQuality
{
    private const int Window = 256;
    private const int NewTokens = 64;

    /// <summary>Perplexity over the text in windows of 256 tokens, and 64 greedy tokens after the start of each paragraph.</summary>
    public static QualityResult Measure(CausalModel model, string text)
    {
        var ids = model.Tokenizer.Encode(text).Ids;
        var (loss, tokens) = (0.0, 0);
        for (var from = 0; from + 1 < ids.Length; from += Window)
        {
            var window = ids[from..Math.Min(ids.Length, from + Math.Min(Window, model.MaxTargetLength))];
            loss += Loss(model, window);
            tokens += window.Length - 1;
        }

        var options = new GenerationOptions { MaxNewTokens = NewTokens, EosTokenIds = [] };
        var prompts = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => string.Join(' ', line.Split(' ').Take(8)));
        return new QualityResult(
            string.Create(CultureInfo.InvariantCulture, $"perplexity {Math.Exp(loss / tokens):0.000} over {tokens} tokens"),
            [.. prompts.Take(6).Select(prompt => model.Generate([[.. model.Tokenizer.Encode(prompt).Ids]], options)[0].Ids.ToArray())]);
    }

    /// <summary>The sum of -log p of each token after those before it.</summary>
    private static double Loss(CausalModel model, int[] ids)
    {
        var logits = model.Forward(new ForwardInputs(new HostTensor("input_ids", [.. ids.Select(id => (long)id)], 1, ids.Length)))
            .Single(output => output.Name == "logits").Floats;
        var width = logits.Length / ids.Length;
        var loss = 0.0;
        for (var i = 0; i + 1 < ids.Length; i++)
        {
            loss += MinusLogProbability(logits.AsSpan(i * width, width), ids[i + 1]);
        }

        return loss;
    }

    /// <summary>log Σ exp(logits) - logits[id].</summary>
    public static double MinusLogProbability(ReadOnlySpan<float> logits, int id)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        var sum = 0.0;
        foreach (var logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return largest + Math.Log(sum) - logits[id];
    }
}
