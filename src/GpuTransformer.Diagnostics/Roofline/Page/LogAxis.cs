namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A logarithmic axis between two pixels.</summary>
internal readonly record struct LogAxis(double Least, double Most, double FirstPixel, double LastPixel)
{
    /// <summary>The powers of ten on it.</summary>
    public IEnumerable<double> Decades
    {
        get
        {
            var most = Most;
            return Enumerable.Range((int)Math.Ceiling(Math.Log10(Least) - 1e-9), 30).Select(e => Math.Pow(10, e)).TakeWhile(v => v <= most * (1 + 1e-9));
        }
    }

    /// <summary>Where a value is.</summary>
    public double At(double value) =>
        FirstPixel + (Math.Log10(value) - Math.Log10(Least)) / (Math.Log10(Most) - Math.Log10(Least)) * (LastPixel - FirstPixel);

    /// <summary>An axis that holds values with some room at both ends.</summary>
    public static LogAxis Around(IEnumerable<double> values, double room, double firstPixel, double lastPixel)
    {
        var all = values.DefaultIfEmpty(1).ToArray();
        return new LogAxis(all.Min() / room, all.Max() * room, firstPixel, lastPixel);
    }
}
