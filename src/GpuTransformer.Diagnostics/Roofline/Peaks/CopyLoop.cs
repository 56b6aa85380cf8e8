using GpuTransformer.Graph;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A copy from one block of device memory to another: the most that an operation which reads and writes can
/// reach.</summary>
internal sealed class CopyLoop : BenchCase
{
    private const int GroupSize = 256;
    private const int GroupsPerMultiprocessor = 16;
    private readonly BenchDevice _device;
    private readonly RowArrays _arrays;
    private readonly Action<AcceleratorStream, KernelConfig, DeviceLoopArgs> _kernel;
    private readonly KernelConfig _config;
    private readonly DeviceLoopArgs _args;

    /// <param name="device">A GPU, or an OpenCL processor.</param>
    /// <param name="arrays">What is copied, and where to; not disposed.</param>
    public CopyLoop(BenchDevice device, RowArrays arrays)
        : base(
            "copy", $"{(long)arrays.X.Length * sizeof(float) >> 20} MB to {(long)arrays.Y.Length * sizeof(float) >> 20} MB",
            new Work(0, 2.0 * sizeof(float) * arrays.X.Length, IsMemoryBound: true))
    {
        _device = device;
        _arrays = arrays;
        var traits = device.Kernels.Traits;
        _kernel = device.Accelerator.LoadKernel<DeviceLoopArgs>(DeviceLoops.Copy);
        _config = new KernelConfig(traits.Multiprocessors * GroupsPerMultiprocessor, Math.Min(GroupSize, traits.MaxGroupSize));
        _args = new DeviceLoopArgs { Data = arrays.X.View, Target = arrays.Y.View };
    }

    public override string Variant => "ILGPU kernel";

    public override AcceleratorStream Stream => _device.Stream;

    public override void Launch() => _kernel(_device.Stream, _config, _args);

    public override void Synchronize() => _device.Stream.Synchronize();

    public override void Verify()
    {
        const int Piece = 4096;
        var (x, y) = (new float[Piece], new float[Piece]);
        var last = _arrays.X.Length - Math.Min(Piece, _arrays.X.Length);
        foreach (var first in new[] { 0, last / 2, last })
        {
            _arrays.X.Read(_device.Stream, first, x.AsSpan(0, Math.Min(Piece, _arrays.X.Length)));
            _arrays.Y.Read(_device.Stream, first, y.AsSpan(0, Math.Min(Piece, _arrays.X.Length)));
            for (var i = 0; i < Piece; i++)
            {
                ExpectNear($"element {first + i}", y[i], x[i], 0);
            }
        }
    }
}
