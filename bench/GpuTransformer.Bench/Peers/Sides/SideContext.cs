using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench.Peers;

/// <summary>What our side of a row is made with.</summary>
/// <param name="Models">Where random checkpoints are written, and found again.</param>
/// <param name="Shared">The folder with the peers' graphs and the real models.</param>
internal sealed record SideContext(string Models, string Shared) : IDisposable
{
    private readonly Lazy<BenchDevice> _device = new(() => new BenchDevice("cpu"));
    private readonly Lazy<ComputeDevice> _computeDevice = new(() => ComputeDevice.Open("cpu"));

    /// <summary>The CPU, for single operations.</summary>
    public BenchDevice Device => _device.Value;

    /// <summary>The CPU, for models.</summary>
    public ComputeDevice ComputeDevice => _computeDevice.Value;

    public void Dispose()
    {
        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }

        if (_computeDevice.IsValueCreated)
        {
            _computeDevice.Value.Dispose();
        }
    }
}
