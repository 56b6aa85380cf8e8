namespace ILGPU.Runtime.CPU;

/// <summary>Runs kernels as plain .NET methods; see <see cref="Execution.GroupRun"/> for how.</summary>
public sealed class CPUAccelerator : Accelerator
{
    internal CPUAccelerator(Context context, CPUDevice device, CPUAcceleratorMode mode, ThreadPriority threadPriority)
        : base(context, device)
    {
        Mode = mode;
        ThreadPriority = threadPriority;
        NumThreads = device.NumThreads;
        DefaultStream = new CPUStream(this);
        NativePtr = 1;
        Bind();
        OnAcceleratorCreated();
    }

    public CPUAcceleratorMode Mode { get; }

    public ThreadPriority ThreadPriority { get; }

    public bool UsesSequentialExecution => Mode == CPUAcceleratorMode.Sequential;

    public int NumThreads { get; }

    internal override MemoryBuffer AllocateRawInternal(long length, int elementSize) =>
        CPUMemoryBuffer.Create(this, length, elementSize);

    internal override AcceleratorStream CreateStreamInternal() => new CPUStream(this);
}
