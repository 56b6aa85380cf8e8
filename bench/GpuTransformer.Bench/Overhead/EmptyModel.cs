using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Overhead;

/// <summary>A plan of operations over one row of 16 elements: one register each, so that what remains is the host's.</summary>
internal sealed class EmptyModel : IDisposable
{
    public const int Operations = 100;
    private const int Width = 16;
    private readonly BenchDevice _device;
    private readonly RandomLayers _layers;
    private readonly Session _session;

    public EmptyModel(VariantKind variant)
    {
        _device = new BenchDevice("cpu", variant);
        _layers = new RandomLayers(_device);
        var graph = new GraphBuilder("empty");
        var rows = graph.Rows("rows", 1);
        var x = graph.Input("x", rows, Width);
        var norm = _layers.Norm("norm", Width);
        for (var i = 0; i < Operations; i++)
        {
            x = graph.LayerNorm($"{i}", x, norm);
        }

        graph.Output("y", x);
        _session = new Session(graph.Build(), _device.Kernels);
        _session.SetRows(rows, 1);
    }

    public void Run()
    {
        _session.Run();
        _session.Stream.Synchronize();
    }

    public void Dispose()
    {
        _session.Dispose();
        _layers.Dispose();
        _device.Dispose();
    }
}
