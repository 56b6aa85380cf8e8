namespace GpuTransformer.Diagnostics.References;

/// <summary>The score policies in float64.</summary>
internal static class AttentionPolicies
{
    /// <summary>The slopes of the paper's own code: a geometric row for a power of two, else every second of the next.</summary>
    public static AttentionReference.Policy Alibi(int heads)
    {
        var power = 1 << (int)Math.Log2(heads);
        var slopes = Enumerable.Range(1, power).Select(i => Math.Pow(2, -8.0 * i / power)).ToList();
        slopes.AddRange(Enumerable.Range(0, heads - power).Select(i => Math.Pow(2, -8.0 * (2 * i + 1) / (2 * power))));
        return (score, head, query, key) => score - slopes[head] * (query - key);
    }

    public static AttentionReference.Policy SoftCap(double cap) => (score, _, _, _) => cap * Math.Tanh(score / cap);

    /// <summary>A table of (heads, 2 · distance + 1).</summary>
    public static AttentionReference.Policy RelativeBias(float[] table, int distance) => (score, head, query, key) =>
        score + table[head * (2 * distance + 1) + distance + Math.Clamp(key - query, -distance, distance)];
}
