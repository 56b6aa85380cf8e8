using ILGPU.Util;

namespace ILGPU.Runtime;

/// <summary>A device that is open for allocations and launches.</summary>
public abstract partial class Accelerator : CachedExtensionBase<AcceleratorExtension>, IDevice
{
    [ThreadStatic]
    private static Accelerator? current;

    private readonly Lock childLock = new();
    private List<WeakReference<AcceleratorObject>> children = [];
    private int pruneAt = 1024;

    /// <summary>One launch at a time, as in the package.</summary>
    internal Lock LaunchLock { get; } = new();

    /// <summary>How launches are checked for races; null: they are not.</summary>
    internal Execution.RaceCheck? Races { get; private set; } = Execution.RaceCheck.OfEnvironment;

    /// <summary>What waits in streams; null: a launch or copy is done when it returns.</summary>
    internal Execution.LateStreams? Late { get; private set; }

    internal Accelerator(Context context, Device device)
    {
        Context = context ?? throw new ArgumentNullException(nameof(context));
        Device = device;
        WarpSize = device.WarpSize;
        DefaultStream = null!;
    }

    public event EventHandler? Disposed;

    public static Accelerator? Current => current;

    public static AcceleratorType CurrentType => AcceleratorType.CPU;

    public Context Context { get; }

    public Device Device { get; }

    public AcceleratorStream DefaultStream { get; protected set; }

    public IntPtr NativePtr { get; protected set; }

    public (Index1D, Index1D) MaxNumGroupsExtent =>
        (NumMultiprocessors * (MaxNumThreadsPerMultiprocessor / MaxNumThreadsPerGroup), MaxNumThreadsPerGroup);

    public AcceleratorType AcceleratorType => Device.AcceleratorType;

    public string Name => Device.Name;

    public long MemorySize => Device.MemorySize;

    public Index3D MaxGridSize => Device.MaxGridSize;

    public Index3D MaxGroupSize => Device.MaxGroupSize;

    public int MaxNumThreadsPerGroup => Device.MaxNumThreadsPerGroup;

    public int MaxSharedMemoryPerGroup => Device.MaxSharedMemoryPerGroup;

    public int MaxConstantMemory => Device.MaxConstantMemory;

    public int WarpSize { get; protected set; }

    public int NumMultiprocessors => Device.NumMultiprocessors;

    public int MaxNumThreadsPerMultiprocessor => Device.MaxNumThreadsPerMultiprocessor;

    public int MaxNumThreads => Device.MaxNumThreads;

    public CapabilityContext Capabilities => Device.Capabilities;

    public void PrintInformation(TextWriter writer) => Device.PrintInformation(writer);

    public void Bind() => current = this;

    public AcceleratorStream CreateStream()
    {
        Bind();
        return CreateStreamInternal();
    }

    public void Synchronize()
    {
        Bind();
        DefaultStream.Synchronize();
        Late?.Run();
    }

    public override string ToString() => Device.ToString();

    /// <summary>Checks every launch from here on, with lanes and groups in the order of a seed.</summary>
    internal void CheckRaces(int seed) => Races = Execution.RaceCheck.Of(seed);

    /// <summary>Every launch and copy from here on waits in its stream until that is synchronized.</summary>
    internal void RunLate() => Late ??= new();

    internal abstract AcceleratorStream CreateStreamInternal();

    internal abstract MemoryBuffer AllocateRawInternal(long length, int elementSize);

    private protected void OnAcceleratorCreated() => Context.OnAcceleratorCreated(this);

    internal void RegisterChildObject(AcceleratorObject child)
    {
        lock (childLock)
        {
            if (children.Count >= pruneAt)
            {
                children = children.FindAll(reference => reference.TryGetTarget(out var alive) && !alive.IsDisposed);
                pruneAt = Math.Max(1024, children.Count * 2);
            }
            children.Add(new(child));
        }
    }

    protected sealed override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            Disposed?.Invoke(this, EventArgs.Empty);
            lock (childLock)
            {
                foreach (var reference in children)
                {
                    if (reference.TryGetTarget(out var child))
                        child.Release(disposing);
                }
                children.Clear();
            }
        }
        NativePtr = 0;
        if (current == this)
            current = null;
    }
}
