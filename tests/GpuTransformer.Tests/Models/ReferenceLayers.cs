namespace GpuTransformer.Tests.Models;

/// <summary>Layers in float64, written as the papers write them, for rows of [tokens][width].</summary>
internal sealed class ReferenceLayers(ReferenceWeights weights)
{
    public double[][] Linear(string name, double[][] x, int outputs)
    {
        var w = weights[$"{name}.weight", null, outputs, x[0].Length];
        var b = weights[$"{name}.bias", 0, outputs];
        return [.. x.Select(row => Enumerable.Range(0, outputs).Select(o => b[o] + row.Select((v, i) => v * w[o * row.Length + i]).Sum()).ToArray())];
    }

    public double[][] LayerNorm(string name, double[][] x)
    {
        var w = weights[$"{name}.weight", 1, x[0].Length];
        var b = weights[$"{name}.bias", 0, x[0].Length];
        return [.. x.Select(row =>
        {
            var mean = row.Average();
            var deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-5);
            return row.Select((v, i) => (v - mean) / deviation * w[i] + b[i]).ToArray();
        })];
    }

    public static double[][] Add(double[][] a, double[][] b) => [.. a.Zip(b, (p, q) => p.Zip(q, (v, w) => v + w).ToArray())];

    public static double[][] Map(double[][] x, Func<double, double> f) => [.. x.Select(row => row.Select(f).ToArray())];

    /// <summary>Multi-head attention with projections; a key that is not real is not seen.</summary>
    public double[][] Attention(string name, double[][] query, double[][] key, double[][] value, int heads, bool[]? real)
    {
        var width = query[0].Length;
        var (q, k, v) = (Linear($"{name}.q_proj", query, width), Linear($"{name}.k_proj", key, width), Linear($"{name}.v_proj", value, width));
        var head = width / heads;
        var y = q.Select(_ => new double[width]).ToArray();
        for (var h = 0; h < heads; h++)
        {
            for (var row = 0; row < q.Length; row++)
            {
                var scores = k.Select((kr, j) => real is null || real[j]
                    ? Enumerable.Range(h * head, head).Sum(d => q[row][d] * kr[d]) / Math.Sqrt(head)
                    : double.NegativeInfinity).ToArray();
                var p = Softmax(scores);
                for (var d = h * head; d < (h + 1) * head; d++)
                {
                    y[row][d] = p.Select((weight, j) => weight * v[j][d]).Sum();
                }
            }
        }

        return Linear($"{name}.out_proj", y, width);
    }

    public static double[] Softmax(double[] scores)
    {
        var max = scores.Max();
        var powers = scores.Select(s => Math.Exp(s - max)).ToArray();
        var sum = powers.Sum();
        return [.. powers.Select(p => p / sum)];
    }
}
