using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Tests.Roofline;

/// <summary>Reports with made-up times, to be written and read.</summary>
internal static class SampleReport
{
    private const double CardFlops = 66.9e12;
    private const double CardBytes = 4.92e12;
    private const double MeasuredFlops = 61e12;
    private const double MeasuredBytes = 4.3e12;

    /// <summary>A graphics card with cuBLAS beside: every row that a card's run has, at a share of its roof that differs
    /// from row to row.</summary>
    public static RooflineReport Card()
    {
        var traits = new Kernels.DeviceTraits
        {
            Kind = Kernels.DeviceKind.Cuda,
            Name = "A <card> & more",
            WarpSize = 32,
            MaxGroupSize = 1024,
            SharedBytes = 49152,
            Multiprocessors = 132,
            MemoryBytes = 140L << 30,
            ComputeCapability = 90,
        };
        var entries = RooflineSuite.Entries(RooflineScale.Of(traits, quick: false));
        return new RooflineReport
        {
            Device = traits.Name,
            Choice = "cuda:0 was asked for",
            Machine = ["driver 1 < 2", "ILGPU"],
            Date = new DateTime(2026, 11, 21, 20, 0, 0, DateTimeKind.Utc),
            IsCard = true,
            Clock = "device events",
            Roofs =
            [
                new Roof("multiply-adds", false, MeasuredFlops, true, true),
                new Roof("read, 4 MB", true, 9e12, true, false),
                new Roof("copy, 512 MB to 512 MB", true, MeasuredBytes, true, true),
                new Roof("card, float32", false, CardFlops, false, true),
                new Roof("card, memory", true, CardBytes, false, true),
            ],
            Rows = [.. entries.Select((entry, i) => Row(entry, 0.3 + 0.6 * (i * 7 % entries.Count) / entries.Count))],
            LeftOut = [new Unmeasured("a row without time", "the time was up")],
            Failures = [new Unmeasured("a wrong row", "y[0] is 1, expected 2")],
            Remarks = ["cuBLAS 13.1.0, TF32 off"],
            Seconds = 140,
            IsComplete = true,
        };
    }

    private static RooflineRow Row(RooflineEntry entry, double share)
    {
        var work = WorkOf(entry);
        var seconds = entry.Family == RowFamily.Launch ? 3e-6 : work.Amount / (share * (work.IsMemoryBound ? MeasuredBytes : MeasuredFlops));
        var cublas = entry.Family == RowFamily.MatMul ? seconds * share / 0.8 : (double?)null;
        var row = new RooflineRow
        {
            Family = entry.Family,
            Name = entry.Name,
            Variant = "group",
            Time = new TimeSpread(seconds, 0.9 * seconds, 1.2 * seconds, 15),
            Work = work,
            ShareOfCard = entry.Family == RowFamily.Launch ? null : work.Amount / seconds / (work.IsMemoryBound ? CardBytes : CardFlops),
            ShareOfMeasured = entry.Family == RowFamily.Launch ? null : share,
            MeasuredPeak = work.IsMemoryBound ? "copy" : "multiply-adds",
            Cublas = cublas is { } c ? new TimeSpread(c, c, c, 15) : null,
            Target = entry.Target,
        };
        return row with
        {
            TargetValue = entry.Target?.Measure switch
            {
                TargetMeasure.ShareOfCublas => row.ShareOfCublas,
                TargetMeasure.ShareOfPeak => row.ShareOfCard,
                TargetMeasure.ShareOfCopy => share,
                TargetMeasure.Milliseconds => seconds * 1e3,
                TargetMeasure.Microseconds => seconds * 1e6,
                _ => null,
            },
        };
    }

    private static Work WorkOf(RooflineEntry entry)
    {
        var hash = entry.Name.Sum(c => c);
        return entry.Family switch
        {
            RowFamily.MatMul => new Work(1e10 * (1 + hash % 9), 1e8, false),
            RowFamily.Attention => new Work(2e10, 2e10 / (16 + hash % 400), false),
            RowFamily.Rows => new Work(entry.Name.StartsWith("embedding", StringComparison.Ordinal) ? 0 : 2e9, 1.07e9, true),
            RowFamily.Weights => new Work(1.2e8, 2.4e8, true),
            RowFamily.Model => new Work(2e10, 3e8, false),
            _ => new Work(0, 768, true),
        };
    }
}
