namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>The roofs of a report, from its peaks.</summary>
internal static class RooflineRoofs
{
    /// <summary>Those that were measured so far, then the card's own.</summary>
    public static IReadOnlyList<Roof> Of(PeakSet? peaks, CardPeak? card)
    {
        var measured = peaks?.Measurements.Where(p => p.Times.Count > 0).ToArray() ?? [];
        var flops = measured.Where(p => !p.Case.Work.IsMemoryBound).MaxBy(p => p.Rate);
        var memory = peaks?.Copy is { Times.Count: > 0 } copy
            ? copy
            : measured.Where(p => p.Case.Work.IsMemoryBound).MaxBy(p => p.Case.Work.Bytes);
        var roofs = measured.Select(p =>
            new Roof(NameOf(p.Case), p.Case.Work.IsMemoryBound, p.Rate * 1e9, true, p == flops || p == memory));
        return card is null
            ? [.. roofs]
            :
            [
                .. roofs,
                new Roof("card, float32", false, card.FlopsPerSecond, false, true),
                new Roof("card, memory", true, card.BytesPerSecond, false, true),
            ];
    }

    /// <summary>Name of a loop.</summary>
    public static string NameOf(BenchCase loop)
    {
        var set = loop.SimdBits switch { 512 => " (AVX-512)", 256 => " (AVX2)", 128 => " (128-bit)", _ => "" };
        return loop.Work.IsMemoryBound ? $"{(loop is CopyLoop ? "copy" : "read")}, {loop.Shape}" : $"multiply-adds{set}";
    }
}
