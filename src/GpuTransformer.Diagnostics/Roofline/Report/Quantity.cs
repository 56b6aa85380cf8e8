using System.Globalization;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Times, rates and shares as people read them: three digits and a unit, the same in every culture.</summary>
internal static class Quantity
{
    /// <summary>12.3 ms.</summary>
    public static string Time(double seconds)
    {
        var (unit, factor) = TimeUnit(seconds);
        return $"{Number(seconds * factor)} {unit}";
    }

    /// <summary>12.1 - 13.5, in the unit of the median.</summary>
    public static string Range(double median, double least, double most)
    {
        var (_, factor) = TimeUnit(median);
        return $"{Number(least * factor)} - {Number(most * factor)}";
    }

    /// <summary>1.23 TFLOP/s or 456 GB/s.</summary>
    public static string Rate(double perSecond, bool isMemory) => (perSecond, isMemory) switch
    {
        ( >= 1e12, true) => $"{Number(perSecond / 1e12)} TB/s",
        (_, true) => $"{Number(perSecond / 1e9)} GB/s",
        ( >= 1e12, false) => $"{Number(perSecond / 1e12)} TFLOP/s",
        _ => $"{Number(perSecond / 1e9)} GFLOP/s",
    };

    /// <summary>87 %; a dash for what is not known.</summary>
    public static string Share(double? share) =>
        share is { } value ? string.Create(CultureInfo.InvariantCulture, $"{100 * value:F0} %") : "-";

    /// <summary>Three digits.</summary>
    public static string Number(double value) => value switch
    {
        < 9.995 => value.ToString("F2", CultureInfo.InvariantCulture),
        < 99.95 => value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.ToString("F0", CultureInfo.InvariantCulture),
    };

    /// <summary>The unit for a time, and what makes seconds of it.</summary>
    public static (string Unit, double Factor) TimeUnit(double seconds) => seconds switch
    {
        < 1e-3 => ("us", 1e6),
        < 1 => ("ms", 1e3),
        _ => ("s", 1),
    };
}
