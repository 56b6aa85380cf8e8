using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuTransformer;

/// <summary>The device that models run on: an ILGPU context, one accelerator and its kernel set. Only the kind that was
/// asked for is enumerated, so that "cpu" touches no driver.</summary>
public sealed class ComputeDevice : IDisposable
{
    private readonly Context _context;

    private ComputeDevice(
        Context context, Device device, VariantKind? variant, string choice, Func<DeviceTraits, DeviceTraits>? seenAs = null)
    {
        _context = context;
        Choice = choice;
        try
        {
            Accelerator = device.CreateAccelerator(context);
        }
        catch (Exception error) when (error is not GpuTransformerException)
        {
            context.Dispose();
            throw new DeviceException($"{device.Name}: the accelerator cannot be made: {error.Message}", error);
        }

        try
        {
            var traits = DeviceTraits.Of(Accelerator);
            Kernels = new KernelSet(Accelerator, seenAs is null ? traits : seenAs(traits), variant, tuning: null);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The accelerator.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>Its kernels.</summary>
    public KernelSet Kernels { get; }

    /// <summary>What was chosen and why, in one line.</summary>
    public string Choice { get; }

    /// <summary>Where sessions record what they run; null: nowhere. Set it before a model is loaded.</summary>
    public TraceLog? Trace { get; init; }

    /// <summary>Opens a device.</summary>
    /// <param name="name">auto, cpu, cuda[:n] or opencl[:n]. auto takes the first CUDA device, else the first OpenCL
    /// device that is not a processor, else the CPU; opencl takes the first that is not a processor, else the first.</param>
    /// <param name="variant">Run everything through this kind of variant; null: the best for the device.</param>
    /// <param name="trace">Where sessions record what they run.</param>
    /// <exception cref="DeviceException">The device that was asked for is not there.</exception>
    public static ComputeDevice Open(string name = "auto", VariantKind? variant = null, TraceLog? trace = null) =>
        Open(name, variant, trace, withEvents: false);

    /// <summary>The same, with or without events on its streams: an OpenCL queue that records them is a different one.</summary>
    internal static ComputeDevice Open(string name, VariantKind? variant, TraceLog? trace, bool withEvents)
    {
        var (kind, index) = Parse(name);
        return kind switch
        {
            "cpu" => Open(DeviceKind.Cpu, index, variant, $"{name}: the CPU was asked for", trace, withEvents),
            "cuda" => Open(DeviceKind.Cuda, index, variant, $"{name} was asked for", trace, withEvents),
            "opencl" => Open(DeviceKind.OpenCl, index, variant, $"{name} was asked for", trace, withEvents),
            _ => OpenBest(variant, trace, withEvents),
        };
    }

    /// <summary>A CPU accelerator with the warps and groups of a graphics card: slow, but it runs every group kernel.</summary>
    internal static ComputeDevice OpenWideCpu()
    {
        var card = CPUDevice.Nvidia;
        return new ComputeDevice(Context.Create(builder => builder.CPU(card)), card, VariantKind.Group, "a CPU in the shape of a graphics card");
    }

    /// <summary>The same, taken for a card by the host: its memory is reached by copies alone, and every store of keys has a
    /// stream of its own.</summary>
    /// <param name="kind">Which driver's card.</param>
    internal static ComputeDevice OpenCpuAsCard(DeviceKind kind)
    {
        const long memory = 8L << 30;
        const int shared = 48 << 10;
        var card = CPUDevice.Nvidia;
        return new ComputeDevice(
            Context.Create(builder => builder.CPU(card)), card, VariantKind.Group, $"a CPU taken for a {kind} card",
            traits => traits with { Kind = kind, MemoryBytes = memory, SharedBytes = shared, SimdBits = 0, CpuThreads = 0 });
    }

    /// <summary>The devices of one kind that this machine has, without opening one.</summary>
    public static IReadOnlyList<string> Names(DeviceKind kind)
    {
        using var context = MakeContext(kind);
        return [.. Devices(context, kind).Select(d => d.Name)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Accelerator is not null)
        {
            DeviceException.Ignore(Accelerator.Dispose);
        }

        DeviceException.Ignore(_context.Dispose);
    }

    private static ComputeDevice OpenBest(VariantKind? variant, TraceLog? trace, bool withEvents)
    {
        var passed = new List<string>();
        foreach (var kind in new[] { DeviceKind.Cuda, DeviceKind.OpenCl })
        {
            var context = MakeContext(kind, withEvents);
            var device = Devices(context, kind).FirstOrDefault(d => !IsProcessor(d));
            if (device is not null)
            {
                return new ComputeDevice(context, device, variant, $"auto: {kind} device {device.Name}") { Trace = trace };
            }

            context.Dispose();
            passed.Add(kind == DeviceKind.Cuda ? "no CUDA device" : "no OpenCL GPU");
        }

        return Open(DeviceKind.Cpu, 0, variant, $"auto: {string.Join(", ", passed)} found", trace, withEvents);
    }

    private static ComputeDevice Open(DeviceKind kind, int? asked, VariantKind? variant, string choice, TraceLog? trace, bool withEvents)
    {
        var context = MakeContext(kind, withEvents);
        var devices = Devices(context, kind);
        var index = asked ?? FirstChoice([.. devices.Select(IsProcessor)]);
        if (index < devices.Count)
        {
            return new ComputeDevice(context, devices[index], variant, choice) { Trace = trace };
        }

        context.Dispose();
        var reason = DeviceTraits.IsStandIn && kind != DeviceKind.Cpu ? $"; this build runs on the {DeviceTraits.IlgpuDescription}" : "";
        throw new DeviceException(
            $"device {KindName(kind)}:{index} was asked for, found {devices.Count} {KindName(kind)} device(s){reason}.");
    }

    /// <summary>Which of a kind's devices is meant where no number is given: the first that is not an OpenCL processor,
    /// which stands before the graphics cards where its driver's name does.</summary>
    internal static int FirstChoice(bool[] areProcessors) => Math.Max(0, Array.IndexOf(areProcessors, false));

    private static bool IsProcessor(Device device) => device is CLDevice { DeviceType: CLDeviceType.CL_DEVICE_TYPE_CPU };

    private static Context MakeContext(DeviceKind kind, bool withEvents = false)
    {
        DriverLibraries.Register();
        try
        {
            return Context.Create(builder =>
            {
                if (withEvents)
                {
                    builder.Profiling();
                }

                switch (kind)
                {
                    case DeviceKind.Cuda:
                        builder.Cuda();
                        break;
                    case DeviceKind.OpenCl:
                        builder.OpenCL();
                        break;
                    default:
                        builder.CPU(CPUDevice.Default);
                        break;
                }
            });
        }
        catch (Exception error) when (error is not GpuTransformerException)
        {
            throw new DeviceException($"{KindName(kind)}: the driver cannot be asked: {error.Message}", error);
        }
    }

    private static List<Device> Devices(Context context, DeviceKind kind) => [.. context.Devices.Where(d => kind switch
    {
        DeviceKind.Cuda => d is CudaDevice,
        DeviceKind.OpenCl => d is CLDevice,
        _ => d is CPUDevice,
    })];

    private static string KindName(DeviceKind kind) => kind switch
    {
        DeviceKind.Cuda => "cuda",
        DeviceKind.OpenCl => "opencl",
        _ => "cpu",
    };

    private static (string Kind, int? Index) Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var parts = name.Split(':');
        var known = parts[0] is "auto" or "cpu" or "cuda" or "opencl";
        var index = 0;
        if (!known || parts.Length > 2 || (parts.Length == 2 && (parts[0] == "auto" || !int.TryParse(parts[1], out index) || index < 0)))
        {
            throw new ArgumentException($"device '{name}': expected auto, cpu, cuda[:n] or opencl[:n].");
        }

        return (parts[0], parts.Length == 2 ? index : null);
    }
}
