using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>The names of a classifier's classes, from id2label.</summary>
internal static class ClassLabels
{
    /// <summary>Names by id; without id2label transformers assumes two classes.</summary>
    /// <exception cref="Kernels.InputException">An id is not below the number of labels.</exception>
    public static string[] Read(ModelConfig config)
    {
        var pairs = config.TextPairs("id2label");
        var labels = new string[pairs.Count == 0 ? 2 : pairs.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = $"LABEL_{i}";
        }

        foreach (var (key, label) in pairs)
        {
            if (!int.TryParse(key, out var id) || id < 0 || id >= labels.Length)
            {
                throw config.Error("id2label", $"ids from 0 to {labels.Length - 1}", key);
            }

            labels[id] = label;
        }

        return labels;
    }
}
