using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>One operation, bound once as a plan binds it and launched again and again.</summary>
internal abstract class OperationCase : BenchCase
{
    private readonly List<IDisposable> _owned = [];
    private BoundOperation? _operation;

    protected OperationCase(BenchDevice device, string operation, string shape, Work work)
        : base(operation, shape, work) => Device = device;

    public override string Variant => Bound.Info.Variant;

    public override int SimdBits => Bound.Info.Kind == VariantKind.Cpu ? Device.Kernels.Traits.SimdBits : 0;

    protected BenchDevice Device { get; }

    private BoundOperation Bound => _operation ?? throw new InvalidOperationException("Not bound.");

    public override void Launch() => Bound.Launch(Device.Stream);

    public override void Synchronize() => Device.Stream.Synchronize();

    public override void Dispose()
    {
        _operation?.Dispose();
        _owned.ForEach(o => o.Dispose());
        base.Dispose();
    }

    protected void Bind(BoundOperation operation) => _operation = operation;

    protected T Own<T>(T memory)
        where T : IDisposable
    {
        _owned.Add(memory);
        return memory;
    }

    protected static float[] ReadAll(BenchDevice device, Graph.DeviceMemory<float> memory)
    {
        var values = new float[memory.Length];
        memory.Read(device.Stream, 0, values);
        return values;
    }
}
