using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Tasks;

/// <summary>A class and how sure the model is of it.</summary>
public readonly record struct LabelScore(string Label, float Score);

/// <summary>Labels for whole texts, as transformers' text-classification pipeline gives them.</summary>
public sealed class TextClassifier : TextTask
{
    private TextClassifier(TextEncoder model, TokenizeOptions? options)
        : base(model, options)
    {
    }

    /// <summary>Loads the model of a folder, whose config.json names a sequence classification architecture.</summary>
    /// <exception cref="InputException">It is another one, or the folder is not what it must be.</exception>
    public static TextClassifier Load(string folder, ComputeDevice device, TokenizeOptions? options = null, LoadOptions? loading = null)
    {
        var model = LoadEncoder(folder, device, null, loading);
        try
        {
            model.RequireHead(EncoderTask.SequenceClassification);
            return new TextClassifier(model, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The labels of a text, the most likely first.</summary>
    public LabelScore[] Classify(string text, string? pair = null) => Classify([Tokenize(text, pair)])[0];

    /// <summary>The labels of texts, for each the most likely first. Scores are a softmax over the labels; a sigmoid of each
    /// for problem_type multi_label_classification or a single label; the logits themselves for regression.</summary>
    public IReadOnlyList<LabelScore[]> Classify(IReadOnlyList<Tokenization> texts)
    {
        var labels = Model.Config.Labels;
        return [.. Model.SequenceLogits(texts).Select(logits =>
        {
            var scores = Model.Config.ProblemType switch
            {
                "regression" => logits,
                "multi_label_classification" => Scores.Sigmoid(logits),
                _ when labels.Count == 1 => Scores.Sigmoid(logits),
                _ => Scores.Softmax(logits),
            };
            return Scores.Best(scores, scores.Length).Select(i => new LabelScore(labels[i], scores[i])).ToArray();
        })];
    }
}
