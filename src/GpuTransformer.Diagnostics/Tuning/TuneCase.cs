using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using ILGPU;

namespace GpuTransformer.Diagnostics.Tuning;

/// <summary>One operation at one shape, and the variants that could run it on a device.</summary>
internal abstract class TuneCase(string operation, string shape) : IDisposable
{
    /// <summary>Name of the operation.</summary>
    public string Operation { get; } = operation;

    /// <summary>The shape, for people.</summary>
    public string Shape { get; } = shape;

    /// <summary>The shapes that the choice is for.</summary>
    public abstract ShapeClass Class { get; }

    /// <summary>The variant that is taken without a tuned choice.</summary>
    public abstract string BuiltIn { get; }

    /// <summary>Every variant of the kind that the device takes which these arguments allow; the built-in one first.</summary>
    public abstract IReadOnlyList<string> Candidates { get; }

    /// <summary>What the plain kernel gives; the variants are checked against it.</summary>
    public abstract float[] Plain();

    /// <summary>A variant to be timed, whose check compares with the plain kernel.</summary>
    public abstract BenchCase Open(string variant, float[] plain);

    public abstract void Dispose();
}

/// <inheritdoc/>
internal sealed class TuneCase<TArgs> : TuneCase
    where TArgs : struct
{
    private readonly BenchDevice _device;
    private readonly Operation<TArgs> _operation;
    private readonly DeviceMemory<float> _output;
    private readonly float _tolerance;
    private readonly IDisposable[] _owned;
    private TArgs _args;

    /// <param name="device">Where.</param>
    /// <param name="operation">What.</param>
    /// <param name="shape">The shape, for people.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="output">All that it writes.</param>
    /// <param name="tolerance">How far a result may be from the plain kernel's, relative to 1 + its size.</param>
    /// <param name="owned">What the arguments use, freed with the case.</param>
    public TuneCase(
        BenchDevice device, Operation<TArgs> operation, string shape, in TArgs args, DeviceMemory<float> output, float tolerance,
        params IDisposable[] owned)
        : base(operation.Name, shape)
    {
        _device = device;
        _operation = operation;
        _args = args;
        _output = output;
        _tolerance = tolerance;
        _owned = owned;
        var kernels = device.Kernels;
        var table = operation.Table.ToArray();
        BuiltIn = table[VariantChoice.Select(operation.Name, table, kernels.Traits, args, kernels.RequestedVariant)].Name;
        var kind = VariantChoice.Preferred(kernels.Traits, kernels.RequestedVariant);
        Candidates =
        [
            BuiltIn,
            .. table.Where(v => v.Kind == kind && v.Name != BuiltIn && v.Allows(kernels.Traits, _args)).Select(v => v.Name),
        ];
    }

    public override ShapeClass Class => _operation.ClassOf(_args)
        ?? throw new InvalidOperationException($"{Operation} has no classes of shapes.");

    public override string BuiltIn { get; }

    public override IReadOnlyList<string> Candidates { get; }

    public override float[] Plain()
    {
        Poison();
        var table = _operation.Table;
        _operation.RunVariant(_device.Stream, _args, table[0]);
        return Output();
    }

    public override BenchCase Open(string variant, float[] plain) => new Candidate(this, variant, plain);

    public override void Dispose()
    {
        Array.ForEach(_owned, o => o.Dispose());
        _output.Dispose();
    }

    private void Poison()
    {
        var values = new float[_output.Length];
        Array.Fill(values, float.NaN);
        _output.Write(_device.Stream, 0, values);
    }

    private float[] Output()
    {
        var values = new float[_output.Length];
        _output.Read(_device.Stream, 0, values);
        return values;
    }

    private sealed class Candidate : BenchCase
    {
        private readonly TuneCase<TArgs> _case;
        private readonly float[] _plain;
        private readonly BoundOperation _bound;
        private readonly PooledMemory<float>? _workspace;

        public Candidate(TuneCase<TArgs> tuned, string variant, float[] plain)
            : base(tuned.Operation, tuned.Shape, default)
        {
            _case = tuned;
            _plain = plain;
            Variant = variant;
            _bound = tuned._operation.BindVariant(tuned._args, variant);
            if (_bound.WorkspaceFloats > 0)
            {
                _workspace = tuned._device.Kernels.DevicePool.Rent<float>(_bound.WorkspaceFloats, "a workspace");
                _bound.Attach(_workspace.View);
            }

            tuned.Poison();
        }

        public override string Variant { get; }

        public override ILGPU.Runtime.AcceleratorStream Stream => _case._device.Stream;

        public override void Launch() => _bound.Launch(_case._device.Stream);

        public override void Synchronize() => _case._device.Stream.Synchronize();

        public override void Verify()
        {
            var found = _case.Output();
            for (var i = 0; i < found.Length; i++)
            {
                ExpectNear($"element {i}", found[i], _plain[i], _case._tolerance * (1 + Math.Abs(_plain[i])));
            }
        }

        public override void Dispose()
        {
            _bound.Dispose();
            _workspace?.Dispose();
            base.Dispose();
        }
    }
}
