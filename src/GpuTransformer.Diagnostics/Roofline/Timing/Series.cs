namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Seconds a run of one case, one figure a round.</summary>
internal sealed class Series
{
    private readonly List<double> _seconds = [];

    public int Count => _seconds.Count;

    public double Total => _seconds.Sum();

    public double Least => _seconds.Min();

    public double Most => _seconds.Max();

    public double Median
    {
        get
        {
            var sorted = _seconds.Order().ToArray();
            var middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    public void Add(double seconds) => _seconds.Add(seconds);
}
