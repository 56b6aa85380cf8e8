using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace GpuTransformer.Kernels.Tests;

/// <summary>CPU accelerators with one multiprocessor, by the size of their warps and of their largest group; each is made
/// when first used and kept. The package starts an operating-system thread a lane, so one of these serves one test.</summary>
internal sealed class WarpDevices : IDisposable
{
    private readonly Dictionary<(int Warp, int GroupSize, int? Races), Device> _devices = [];

    /// <summary>Sizes of warps: ILGPU's default CPU device, Intel's GPUs, NVIDIA's and AMD's, and AMD's older ones.</summary>
    public static IReadOnlyList<int> Warps { get; } = [4, 16, 32, 64];

    /// <summary>A device in whose memory shapes are laid out, to see what they would launch.</summary>
    public KernelSet Small => this[4, 16];

    /// <summary>What launches are planned for: one multiprocessor, and every group that a GPU allows.</summary>
    public DeviceTraits Traits => Small.Traits with { WarpSize = 32, MaxGroupSize = 1024 };

    /// <param name="warp">Threads of a warp.</param>
    /// <param name="groupSize">The most threads of a group; where it is less than a warp, the device has one warp.</param>
    /// <param name="races">The stand-in's race check with this seed; null: off.</param>
    public KernelSet this[int warp, int groupSize, int? races = null]
    {
        get
        {
            if (!_devices.TryGetValue((warp, groupSize, races), out var device))
            {
                _devices.Add((warp, groupSize, races), device = new Device(warp, groupSize, races));
            }

            return device.Kernels;
        }
    }

    public void Dispose()
    {
        foreach (var device in _devices.Values)
        {
            device.Dispose();
        }
    }

    private sealed class Device : IDisposable
    {
        private readonly Context _context;
        private readonly Accelerator _accelerator;

        public Device(int warp, int groupSize, int? races)
        {
            // The number of warps must be a power of two.
            var warps = (int)BitOperations.RoundUpToPowerOf2((uint)((groupSize + warp - 1) / warp));
            _context = Context.Create(builder => builder.CPU(new CPUDevice(warp, warps, 1)));
            _accelerator = _context.CreateCPUAccelerator(0);
            if (races is { } seed)
            {
                RaceChecked.Enable(_accelerator, seed);
            }

            Kernels = new KernelSet(_accelerator);
        }

        public KernelSet Kernels { get; }

        public void Dispose()
        {
            _accelerator.Dispose();
            _context.Dispose();
        }
    }
}
