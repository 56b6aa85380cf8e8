namespace GpuTransformer.Bench.Peers;

/// <summary>Times of both sides, one of each an alternation.</summary>
internal sealed class Ratios
{
    private readonly List<(double Ours, double Theirs)> _pairs = [];

    /// <summary>Alternations.</summary>
    public int Count => _pairs.Count;

    /// <summary>Milliseconds of ours, the median.</summary>
    public double Ours => Samples.Median(_pairs.Select(pair => pair.Ours));

    /// <summary>Milliseconds of theirs, the median.</summary>
    public double Theirs => Samples.Median(_pairs.Select(pair => pair.Theirs));

    /// <summary>Ours divided by theirs, the median of the alternations.</summary>
    public double Ratio => Samples.Median(_pairs.Select(pair => pair.Ours / pair.Theirs));

    public double Least => _pairs.Min(pair => pair.Ours / pair.Theirs);

    public double Most => _pairs.Max(pair => pair.Ours / pair.Theirs);

    public IReadOnlyList<(double Ours, double Theirs)> Pairs => _pairs;

    public void Add(double ours, double theirs) => _pairs.Add((ours, theirs));
}
