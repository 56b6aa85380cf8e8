using System.Collections.Immutable;
using ILGPU.Runtime;
using ILGPU.Util;

namespace ILGPU;

/// <summary>The devices that a program asked for, and the options they run with.</summary>
public sealed partial class Context : CachedExtensionBase<ContextExtension>
{
    public const string RuntimeAssemblyName = "ILGPURuntime";
    public const string AssemblyName = "ILGPU";
    public const string FullAssemblyModuleName = AssemblyName + ".dll";

    internal Context(ContextProperties properties, ImmutableArray<Device> devices)
    {
        Properties = properties;
        Devices = devices.IsDefaultOrEmpty ? [Runtime.CPU.CPUDevice.Default] : devices;
    }

    public event EventHandler<Accelerator>? AcceleratorCreated;

    public static string Version => "1.5.3";

    public ImmutableArray<Device> Devices { get; }

    public ContextProperties Properties { get; }

    public TDevice GetDevice<TDevice>(int deviceIndex)
        where TDevice : Device => GetDevices<TDevice>()[deviceIndex];

    public DeviceCollection<TDevice> GetDevices<TDevice>()
        where TDevice : Device
    {
        var type = DeviceTypeAttribute.GetAcceleratorType(typeof(TDevice));
        return new(Devices.Where(device => device.AcceleratorType == type).ToList());
    }

    public Device GetPreferredDevice(bool preferCPU) =>
        GetPreferredDevices(preferCPU, matchingDevicesOnly: false).First();

    public IEnumerable<Device> GetPreferredDevices(bool preferCPU, bool matchingDevicesOnly)
    {
        var cpus = Devices.Where(device => device.AcceleratorType == AcceleratorType.CPU).ToList();
        var others = Devices.Where(device => device.AcceleratorType != AcceleratorType.CPU).ToList();
        if (!preferCPU && others.Count > 0)
            return others;
        return cpus.Count > 0 ? cpus : throw new NotSupportedException("This context has no CPU device.");
    }

    public ImmutableArray<Device>.Enumerator GetEnumerator() => Devices.GetEnumerator();

    internal void OnAcceleratorCreated(Accelerator accelerator) => AcceleratorCreated?.Invoke(this, accelerator);

    /// <summary>The devices of one kind.</summary>
    public readonly ref struct DeviceCollection<TDevice>
        where TDevice : Device
    {
        private readonly List<Device> devices;

        internal DeviceCollection(List<Device> devices)
        {
            this.devices = devices;
        }

        public AcceleratorType AcceleratorType => DeviceTypeAttribute.GetAcceleratorType(typeof(TDevice));

        public int Count => devices.Count;

        public TDevice this[int deviceIndex]
        {
            get
            {
                ArgumentOutOfRangeException.ThrowIfNegative(deviceIndex);
                return deviceIndex < Count
                    ? (TDevice)devices[deviceIndex]
                    : throw new NotSupportedException($"There is no {AcceleratorType} device {deviceIndex}.");
            }
        }

        public Enumerator GetEnumerator() => new(devices);

        public ref struct Enumerator
        {
            private List<Device>.Enumerator enumerator;

            internal Enumerator(List<Device> devices)
            {
                enumerator = devices.GetEnumerator();
            }

            public TDevice Current => (TDevice)enumerator.Current;

            public bool MoveNext() => enumerator.MoveNext();
        }
    }
}
