namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Seconds of one run: the median over rounds, the least and the most.</summary>
internal sealed record TimeSpread(double Median, double Least, double Most, int Rounds)
{
    public static TimeSpread Of(Series series) => new(series.Median, series.Least, series.Most, series.Count);
}

/// <summary>A roof over the rows: what the device can do at best.</summary>
/// <param name="Name">What does it: multiply-adds, copy, read of 4 MB.</param>
/// <param name="IsMemory">Bytes, else floating-point operations.</param>
/// <param name="Rate">A second.</param>
/// <param name="IsMeasured">By a loop in the same run, else from the device's attributes.</param>
/// <param name="IsOuter">The roof that rows are held against; others are those of caches.</param>
internal sealed record Roof(string Name, bool IsMemory, double Rate, bool IsMeasured, bool IsOuter);

/// <summary>What a row reached.</summary>
internal sealed record RooflineRow
{
    public required RowFamily Family { get; init; }

    /// <summary>Operation and shape.</summary>
    public required string Name { get; init; }

    public required string Variant { get; init; }

    public required TimeSpread Time { get; init; }

    /// <summary>Floating-point operations and bytes of a run.</summary>
    public required Work Work { get; init; }

    /// <summary>Rate over the peak from the card's attributes; null where they do not tell.</summary>
    public double? ShareOfCard { get; init; }

    /// <summary>Rate over the measured loop.</summary>
    public double? ShareOfMeasured { get; init; }

    /// <summary>Which loop that is.</summary>
    public string? MeasuredPeak { get; init; }

    /// <summary>cuBLAS on the same memory, in the same rounds.</summary>
    public TimeSpread? Cublas { get; init; }

    public RooflineTarget? Target { get; init; }

    /// <summary>The target's measure of this row; null where it cannot be judged.</summary>
    public double? TargetValue { get; init; }

    /// <summary>Seconds from nothing to the first result: memory, weights, compiled kernels.</summary>
    public double FirstSeconds { get; init; }

    public Verdict Verdict => Target?.Judge(TargetValue) ?? Verdict.NotJudged;

    /// <summary>Whether the row stands in the roofline plot: a count of host microseconds does not, nor does an operation
    /// without arithmetic.</summary>
    public bool IsPlotted => Family != RowFamily.Launch && Work is { Flops: > 0, Bytes: > 0 };

    /// <summary>Operations a byte.</summary>
    public double Intensity => Work.Bytes > 0 ? Work.Flops / Work.Bytes : 0;

    public double FlopsPerSecond => Work.Flops / Time.Median;

    public double BytesPerSecond => Work.Bytes / Time.Median;

    public double? ShareOfCublas => Cublas is null ? null : Cublas.Median / Time.Median;
}

/// <summary>Something that was not measured, and why.</summary>
internal sealed record Unmeasured(string Name, string Reason);

/// <summary>A run of the roofline cases on one device.</summary>
internal sealed record RooflineReport
{
    /// <summary>The device's own name.</summary>
    public required string Device { get; init; }

    /// <summary>As it was asked for.</summary>
    public required string Choice { get; init; }

    /// <summary>Driver, ILGPU, runtime, operating system.</summary>
    public required IReadOnlyList<string> Machine { get; init; }

    public required DateTime Date { get; init; }

    /// <summary>Whether targets are judged: the device is a graphics card.</summary>
    public required bool IsCard { get; init; }

    /// <summary>What the times are: device events, or the host's clock.</summary>
    public required string Clock { get; init; }

    public IReadOnlyList<Roof> Roofs { get; init; } = [];

    public IReadOnlyList<RooflineRow> Rows { get; init; } = [];

    /// <summary>What the time was too short for.</summary>
    public IReadOnlyList<Unmeasured> LeftOut { get; init; } = [];

    /// <summary>What failed: a wrong result, no memory, a kernel that does not compile.</summary>
    public IReadOnlyList<Unmeasured> Failures { get; init; } = [];

    /// <summary>cuBLAS, the origin of the card's peak, what is missing.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    public double Seconds { get; init; }

    /// <summary>Whether every section was run.</summary>
    public bool IsComplete { get; init; }

    /// <summary>The kernel furthest from its first target, or where none is judged from its measured roof; null: no kernel
    /// was measured.</summary>
    public RooflineRow? Worst => Rows.Where(r => r.Family is not (RowFamily.Model or RowFamily.Launch) && Nearness(r) is not null).MinBy(Nearness);

    /// <summary>The roof of a kind that rows are held against: measured, or the card's.</summary>
    public Roof? Outer(bool isMemory, bool isMeasured) =>
        Roofs.FirstOrDefault(r => r.IsOuter && r.IsMemory == isMemory && r.IsMeasured == isMeasured);

    private double? Nearness(RooflineRow row) => !Rows.Any(r => r.Verdict != Verdict.NotJudged)
        ? row.ShareOfMeasured
        : row is { Target.IsTime: false, TargetValue: { } value } ? value / row.Target.First : null;
}
