using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>What ran and when, for a person to look at: a ring made beforehand, written as a Chrome trace
/// (chrome://tracing, Perfetto). On a GPU a traced run waits after each launch, so gaps are the host's.</summary>
public sealed class TraceLog
{
    private readonly Entry[] _entries;
    private readonly object _gate = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _count;

    /// <summary>Keeps the last <paramref name="capacity"/> launches.</summary>
    public TraceLog(int capacity = 1 << 18) => _entries = new Entry[capacity];

    internal void Add(Program program, LaunchNode[] nodes, BoundOperation[] operations, ReadOnlySpan<long> ticks)
    {
        lock (_gate)
        {
            for (var i = 0; i < operations.Length; i++)
            {
                _entries[_count++ % _entries.Length] = new Entry(program, nodes[i].Layer, operations[i].Info, ticks[i], ticks[i + 1]);
            }
        }
    }

    /// <summary>Writes the trace as JSON.</summary>
    public void Write(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        lock (_gate)
        {
            for (var i = Math.Max(0, _count - _entries.Length); i < _count; i++)
            {
                WriteEvent(json, _entries[i % _entries.Length]);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteEvent(Utf8JsonWriter json, in Entry entry)
    {
        json.WriteStartObject();
        json.WriteString("name", entry.Info.Operation);
        json.WriteString("cat", entry.Program.Name);
        json.WriteString("ph", "X");
        json.WriteNumber("ts", Microseconds(entry.Begin - _start));
        json.WriteNumber("dur", Microseconds(entry.End - entry.Begin));
        json.WriteNumber("pid", 1);
        json.WriteNumber("tid", 1);
        json.WriteStartObject("args");
        json.WriteString("layer", entry.Layer);
        json.WriteString("variant", entry.Info.Variant);
        json.WriteString("shape", entry.Info.Shape);
        json.WriteNumber("flops", entry.Info.Flops);
        json.WriteNumber("bytes", entry.Info.Bytes);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static double Microseconds(long ticks) => Math.Round(ticks * 1e6 / Stopwatch.Frequency, 3);

    private readonly record struct Entry(Program Program, string Layer, OperationInfo Info, long Begin, long End);
}
