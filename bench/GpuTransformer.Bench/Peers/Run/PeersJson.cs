using System.Text.Json;
using GpuTransformer.Diagnostics;

namespace GpuTransformer.Bench.Peers;

/// <summary>A run as one JSON object.</summary>
internal static class PeersJson
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true };

    public static string Write(PeersPlan plan, IReadOnlyList<RowResult> results, IReadOnlyDictionary<int, MachinePeaks> peaks) =>
        JsonSerializer.Serialize(
            new
            {
                processor = MachineDescription.ProcessorName(),
                set = $"{PeersRun.Set}",
                time = DateTime.UtcNow,
                alternations = plan.Alternations,
                seconds = plan.Seconds,
                peaks = peaks.ToDictionary(pair => $"{pair.Key}", pair => JsonSerializer.Deserialize<JsonElement>(pair.Value.ToJson())),
                rows = results.Select(result => Row(result, peaks[result.Threads])),
            },
            s_options);

    private static object Row(RowResult result, MachinePeaks peaks) => result.Failure is { } failure
        ? new { row = result.Row.Name, threads = result.Threads, failure }
        : new
        {
            row = result.Row.Name,
            threads = result.Threads,
            peer = result.Candidate,
            ours_ms = result.Ratios.Ours,
            theirs_ms = result.Ratios.Theirs,
            ratio = result.Ratios.Ratio,
            least = result.Ratios.Least,
            most = result.Ratios.Most,
            target = result.Target,
            bound = result.Bound(peaks),
            fma_share = result.FmaShare(peaks),
            verdict = result.Verdict(peaks),
            pairs = result.Ratios.Pairs.Select(pair => new[] { pair.Ours, pair.Theirs }),
        };
}
