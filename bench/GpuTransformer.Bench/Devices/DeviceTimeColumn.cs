using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench;

/// <summary>The time of a run by the device's events.</summary>
internal sealed class DeviceTimeColumn : IColumn
{
    public string Id => nameof(DeviceTimeColumn);

    public string ColumnName => "Device";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Time;

    public string Legend => "Median over batches by events on the device's stream, launches back to back; a dash where there are no events";

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        DeviceTimes.Of(benchmarkCase.Descriptor.Type, benchmarkCase.Parameters.Items.Select(p => (p.Name, (object?)p.Value))) is { } times
            ? Quantity.Time(times.Median)
            : "-";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
}
