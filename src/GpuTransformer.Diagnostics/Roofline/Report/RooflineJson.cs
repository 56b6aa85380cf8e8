using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A report as JSON: times in seconds, rates a second, shares from 0 to 1.</summary>
internal static class RooflineJson
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>One object.</summary>
    public static string Write(RooflineReport report) => JsonSerializer.Serialize(
        new
        {
            report.Device,
            report.Choice,
            report.Machine,
            Date = report.Date.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
            report.IsCard,
            report.Clock,
            report.IsComplete,
            report.Seconds,
            report.Remarks,
            Worst = report.Worst?.Name,
            report.Roofs,
            Rows = report.Rows.Select(Row),
            report.LeftOut,
            report.Failures,
        },
        s_options);

    private static object Row(RooflineRow row) => new
    {
        row.Family,
        row.Name,
        row.Variant,
        row.Time,
        row.Work.Flops,
        row.Work.Bytes,
        row.Intensity,
        row.FlopsPerSecond,
        row.BytesPerSecond,
        row.Work.IsMemoryBound,
        row.ShareOfCard,
        row.ShareOfMeasured,
        row.MeasuredPeak,
        row.Cublas,
        row.ShareOfCublas,
        row.Target,
        row.TargetValue,
        row.Verdict,
        row.FirstSeconds,
    };
}
