using System.Globalization;
using System.Text.Json;
using GpuTransformer.Models;
using GpuTransformer.Tasks;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Bench.Quality;

/// <summary>What the shipped models and an encoder of sentences are measured by.</summary>
internal static class ShippedQuality
{
    private const int MaskEvery = 5;
    private const int PicturesAtOnce = 100;

    /// <summary>Words that were held out from training, against the dictionary.</summary>
    public static QualityResult Phonemes(TransformerModel model)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(model.Folder, "expected.json")));
        string[] Texts(string name) => [.. expected.RootElement.GetProperty(name).EnumerateArray().Select(e => e.GetString()!)];
        var transformer = (Seq2SeqTransformer)model;
        var (words, gold) = (Texts("words"), Texts("gold"));
        var spoken = transformer.Transcribe(words);
        return new QualityResult(
            $"{spoken.Zip(gold).Count(pair => pair.First == pair.Second)} of {gold.Length} words right",
            [.. spoken.Select(s => new[] { string.GetHashCode(s, StringComparison.Ordinal) })]);
    }

    /// <summary>Test pictures.</summary>
    public static QualityResult Pictures(TransformerModel model)
    {
        var vit = (Vit)model;
        var config = ModelConfig.Load(model.Folder);
        var (mean, deviation) = ((float)config.Number("pixel_mean"), (float)config.Number("pixel_std", 1e-6));
        using var test = SafetensorsFile.Open(Path.Combine(model.Folder, "test-set.safetensors"));
        var labels = test.Bytes("labels").ToArray();
        var pixels = test.Bytes("images").ToArray().Select(b => (b / 255f - mean) / deviation).ToArray();
        var size = pixels.Length / labels.Length;
        var answers = new List<int[]>();
        for (var first = 0; first < labels.Length; first += PicturesAtOnce)
        {
            var count = Math.Min(PicturesAtOnce, labels.Length - first);
            var logits = vit.Classify(pixels.AsSpan(first * size, count * size));
            var classes = logits.Length / count;
            answers.AddRange(Enumerable.Range(0, count).Select(i => new[] { Best(logits.AsSpan(i * classes, classes)) }));
        }

        return new QualityResult($"{answers.Zip(labels).Count(pair => pair.First[0] == pair.Second)} of {labels.Length} pictures right", answers);
    }

    /// <summary>Every fifth word of verse, masked one at a time.</summary>
    public static QualityResult Masks(TransformerModel model, string text)
    {
        var bert = (TextEncoder)model;
        var mask = bert.Tokenizer.TokenToId("[MASK]")!.Value;
        var (answers, loss, right) = (new List<int[]>(), 0.0, 0);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var ids = bert.Tokenizer.With(new TruncationOptions(bert.Config.MaxLength), null).Encode(line).Ids;
            for (var at = 1 + MaskEvery / 2; at < ids.Length - 1; at += MaskEvery)
            {
                int[] masked = [.. ids[..at], mask, .. ids[(at + 1)..]];
                var logits = bert.LogitsAt(masked, at);
                var best = Best(logits);
                answers.Add([best]);
                right += best == ids[at] ? 1 : 0;
                loss += LanguageQuality.MinusLogProbability(logits, ids[at]);
            }
        }

        return new QualityResult(
            string.Create(CultureInfo.InvariantCulture, $"{right} of {answers.Count} masks right, perplexity {Math.Exp(loss / answers.Count):0.000}"), answers);
    }

    /// <summary>Vectors of sentences: mean over tokens, length 1.</summary>
    public static QualityResult Sentences(TransformerModel model, string text)
    {
        var encoder = (TextEncoder)model;
        var tokenizer = encoder.Tokenizer.With(new TruncationOptions(encoder.Config.MaxLength), null);
        var tokens = text.Split(['\n', '.'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(s => s.Length > 10).Select(s => tokenizer.Encode(s)).ToArray();
        var pooling = new SentencePooling([PoolingMode.Mean]);
        var vectors = encoder.HiddenStates(tokens).Select(states => Normalized(pooling.Pool(states, encoder.Config.HiddenSize))).ToArray();
        return new QualityResult($"{vectors.Length} sentences", [], vectors);
    }

    private static float[] Normalized(float[] vector)
    {
        var length = Math.Sqrt(vector.Sum(v => (double)v * v));
        return Array.ConvertAll(vector, v => (float)(v / length));
    }

    private static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }
}
