namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>The words of a report.</summary>
internal static class RooflineWords
{
    /// <summary>What a family's rows are.</summary>
    public static string Of(RowFamily family) => family switch
    {
        RowFamily.MatMul => "matmul",
        RowFamily.Attention => "flash attention",
        RowFamily.Rows => "operations on rows",
        RowFamily.Weights => "one row by many weights",
        RowFamily.Model => "whole models",
        _ => "launch",
    };

    /// <summary>60, aim 85 % of cuBLAS.</summary>
    public static string Of(RooflineTarget target) => target.Measure switch
    {
        TargetMeasure.Milliseconds => $"{target.First}, aim {target.Aim} ms",
        TargetMeasure.Microseconds => $"{target.First}, aim {target.Aim} us",
        _ => $"{100 * target.First:F0}, aim {Quantity.Share(target.Aim)} of {Base(target.Measure)}",
    };

    /// <summary>A target's measure of a row, in its unit.</summary>
    public static string Value(RooflineTarget target, double? value) => (target.Measure, value) switch
    {
        (_, null) => "-",
        (TargetMeasure.Milliseconds, { } v) => $"{Quantity.Number(v)} ms",
        (TargetMeasure.Microseconds, { } v) => $"{Quantity.Number(v)} us",
        var (_, v) => Quantity.Share(v),
    };

    /// <summary>met, at aim, missed, not judged.</summary>
    public static string Of(Verdict verdict) => verdict switch
    {
        Verdict.Aim => "at aim",
        Verdict.First => "met",
        Verdict.Missed => "missed",
        _ => "not judged",
    };

    private static string Base(TargetMeasure measure) => measure switch
    {
        TargetMeasure.ShareOfCublas => "cuBLAS",
        TargetMeasure.ShareOfPeak => "peak",
        _ => "copy",
    };
}
