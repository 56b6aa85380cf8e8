using GpuTransformer.Kernels;

namespace GpuTransformer.Generation;

/// <summary>The greedy choice.</summary>
internal static class ArgMax
{
    /// <summary>Index of the largest value, the first among equals.</summary>
    /// <exception cref="InputException">A value is NaN: the weights do not make sense.</exception>
    public static int Of(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (float.IsNaN(values[i]))
            {
                throw new InputException($"logits: element {i} is NaN.");
            }

            best = values[i] > values[best] ? i : best;
        }

        return best;
    }
}
