namespace GpuTransformer.Bench.Peers;

/// <summary>Times of both sides, one of each an alternation.</summary>
internal sealed class Ratios
{
    private readonly List<(double Ours, double Theirs)> _pairs = [];

    /// <summary>Alternations.</summary>
    public int Count => _pairs.Count;

    /// <summary>Milliseconds of ours, the median.</summary>
    public double Ours => Median(_pairs.Select(pair => pair.Ours));

    /// <summary>Milliseconds of theirs, the median.</summary>
    public double Theirs => Median(_pairs.Select(pair => pair.Theirs));

    /// <summary>Ours divided by theirs, the median of the alternations.</summary>
    public double Ratio => Median(_pairs.Select(pair => pair.Ours / pair.Theirs));

    public double Least => _pairs.Min(pair => pair.Ours / pair.Theirs);

    public double Most => _pairs.Max(pair => pair.Ours / pair.Theirs);

    public IReadOnlyList<(double Ours, double Theirs)> Pairs => _pairs;

    public void Add(double ours, double theirs) => _pairs.Add((ours, theirs));

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
