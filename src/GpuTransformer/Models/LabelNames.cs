using System.Globalization;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Reads the names of the classes from a config.</summary>
internal static class LabelNames
{
    private const int MostLabels = 1 << 20;

    /// <summary>The names by id: id2label, else LABEL_0 … for num_labels, else for the two that transformers assumes.</summary>
    /// <exception cref="Kernels.InputException">The ids are not 0, 1, 2 …</exception>
    public static IReadOnlyList<string> Read(ModelConfig config)
    {
        var pairs = config.TextPairs("id2label");
        if (pairs.Count == 0)
        {
            return [.. Enumerable.Range(0, config.WholeOr("num_labels", 2, 1, MostLabels)).Select(i => $"LABEL_{i}")];
        }

        var labels = new string?[pairs.Count];
        foreach (var (key, label) in pairs)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= labels.Length || labels[id] is not null)
            {
                throw config.Error("id2label", $"ids from 0 to {labels.Length - 1}", key);
            }

            labels[id] = label;
        }

        return labels!;
    }
}
