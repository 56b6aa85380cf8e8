using GpuTransformer.Kernels;
using ILGPU.Runtime;

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

    public override AcceleratorStream Stream => Device.Stream;

    public override void Launch() => Bound.Launch(Device.Stream);

    public override void Synchronize() => Device.Stream.Synchronize();

    public override void Dispose()
    {
        _operation?.Dispose();
        _owned.ForEach(o => o.Dispose());
        base.Dispose();
    }

    /// <summary>Takes the operation, and its own count of flops where the case gave none.</summary>
    protected void Bind(BoundOperation operation)
    {
        _operation = operation;
        if (operation.WorkspaceFloats > 0)
        {
            operation.Attach(Own(Device.Empty(operation.WorkspaceFloats, "workspace")).View);
        }

        Work = Work with { Flops = Work.Flops > 0 ? Work.Flops : operation.Info.Flops };
    }

    protected T Own<T>(T memory)
        where T : IDisposable
    {
        _owned.Add(memory);
        return memory;
    }

    /// <summary>One row of a dense matrix.</summary>
    protected float[] ReadRow(Graph.DeviceMemory<float> memory, int row, int width)
    {
        var values = new float[width];
        memory.Read(Device.Stream, row * width, values);
        return values;
    }

    /// <summary>Rows for a check: the first, the last, and some between.</summary>
    protected static IEnumerable<int> SampleRows(int rows)
    {
        var random = new Random(11);
        return Enumerable.Range(0, 30).Select(_ => random.Next(rows)).Append(0).Append(rows - 1).Distinct();
    }

    protected static float[] ReadAll(BenchDevice device, Graph.DeviceMemory<float> memory)
    {
        var values = new float[memory.Length];
        memory.Read(device.Stream, 0, values);
        return values;
    }
}
