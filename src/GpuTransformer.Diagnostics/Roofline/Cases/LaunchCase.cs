using System.Diagnostics;
using GpuTransformer.Graph;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A plan of many operations on one row: what the host spends to launch one, the device's time left out.</summary>
internal sealed class LaunchCase : SessionCase
{
    private const int Operations = 200;
    private const int Width = 64;
    private readonly GraphTensor _sum;

    public LaunchCase(BenchDevice device)
        : base("launch", $"one of {Operations} operations in a plan, host side", new Work(0, 3.0 * sizeof(float) * Width, true))
    {
        var graph = new GraphBuilder("launches");
        var rows = graph.Rows("rows", 1);
        var one = graph.Input("one", rows, Width);
        graph.Output("one", one);
        var x = one;
        for (var i = 0; i < Operations; i++)
        {
            x = graph.Sum($"{i}", x, one);
        }

        _sum = x;
        graph.Output("sum", x);
        Open(device, graph);
        Session.SetRows(rows, 1);
        var ones = new float[Width];
        Array.Fill(ones, 1f);
        Session.Write(one, ones);
    }

    /// <summary>Seconds that the host spends on one operation. Before each plan the device is idle, so that no queue is full.</summary>
    public override double Time(int runs)
    {
        var ticks = 0L;
        for (var i = 0; i < runs; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            Launch();
            ticks += Stopwatch.GetTimestamp() - begin;
            Synchronize();
        }

        return ticks / (double)Stopwatch.Frequency / runs / Operations;
    }

    public override void Verify()
    {
        var values = new float[Width];
        Session.Read(_sum, values);
        foreach (var value in values)
        {
            ExpectNear("the sum of ones", value, Operations + 1, 0);
        }
    }
}
