using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>One row by weights that take turns, so many that no cache holds them: what a decoder's step does.</summary>
internal sealed class WeightRingCase : BenchCase
{
    private readonly BenchDevice _device;
    private readonly MatMulShape _shape;
    private readonly WeightEncoding _encoding;
    private readonly WeightRows _weight;
    private readonly DeviceMemory<float> _x;
    private readonly DeviceMemory<float> _y;
    private readonly PackedMatrix[] _ring;
    private readonly BoundOperation[] _operations;
    private readonly DeviceMemory<float>? _workspace;
    private int _next;

    /// <param name="device">Where.</param>
    /// <param name="shape">M, K and N.</param>
    /// <param name="encoding">How the weights are stored.</param>
    /// <param name="ringBytes">What the ring holds at least.</param>
    /// <param name="activations">How the row is multiplied.</param>
    public WeightRingCase(
        BenchDevice device, MatMulShape shape, WeightEncoding encoding, long ringBytes, ActivationEncoding activations = ActivationEncoding.F32)
        : base("matmul", $"{shape} {NameOf(encoding)}", default)
    {
        _device = device;
        _shape = shape;
        _encoding = encoding;
        _weight = RandomValues.Weight("weight", shape.N, shape.K);
        _x = device.Random((long)shape.M * shape.K, "x");
        _y = device.Empty((long)shape.M * shape.N, "y");
        var first = PackedMatrix.Create(device.Kernels, encoding, activations, _weight);
        var count = (int)Math.Max(1, (ringBytes + first.ByteSize - 1) / first.ByteSize);
        _ring = [first, .. Enumerable.Range(1, count - 1).Select(
            _ => first.CopyPanels() ?? PackedMatrix.Create(device.Kernels, encoding, activations, _weight))];
        _operations = [.. _ring.Select(Bind)];
        if (_operations[0].WorkspaceFloats > 0)
        {
            _workspace = device.Empty(_operations[0].WorkspaceFloats, "workspace");
            Array.ForEach(_operations, operation => operation.Attach(_workspace.View));
        }

        Work = new Work(
            2.0 * shape.M * shape.K * shape.N, first.ByteSize + sizeof(float) * ((double)shape.M * (shape.K + shape.N)), true);
    }

    // Sums of about 1. Float32 as for many rows. Half precision rounds a weight by 2^-12 of itself in the mean, 8 bits by
    // 1/440 of the largest, which is 1.7 times the mean, and a row rounded to 8 bits as much again; 4 bits by 1/28 of the
    // largest. The sums are as far off, and six times that is never seen.
    private double Tolerance => _encoding switch
    {
        WeightEncoding.F32 => 1e-6 * Math.Sqrt(_shape.K),
        WeightEncoding.Q8_0 => 0.035,
        WeightEncoding.Q4_0 => 0.4,
        _ => 2e-3,
    };

    public override string Variant => $"{_operations[0].Info.Variant}, {_ring.Length} weights in turn";

    public override int SimdBits => _operations[0].Info.Kind == VariantKind.Cpu ? _device.Kernels.Traits.SimdBits : 0;

    public override ILGPU.Runtime.AcceleratorStream Stream => _device.Stream;

    /// <summary>float32, float16, int8, 4 bits.</summary>
    public static string NameOf(WeightEncoding encoding) => encoding switch
    {
        WeightEncoding.F32 => "float32",
        WeightEncoding.F16 => "float16",
        WeightEncoding.BF16 => "bfloat16",
        WeightEncoding.Q4_0 => "4 bits",
        _ => "int8",
    };

    public override void Launch()
    {
        _operations[_next].Launch(_device.Stream);
        _next = _next + 1 == _operations.Length ? 0 : _next + 1;
    }

    public override void Synchronize() => _device.Stream.Synchronize();

    public override void Verify()
    {
        var x = new float[_shape.M * _shape.K];
        var y = new float[_shape.M * _shape.N];
        _x.Read(_device.Stream, 0, x);
        _y.Read(_device.Stream, 0, y);
        var weight = new float[_shape.K];
        var random = new Random(3);
        for (var sample = 0; sample < 32; sample++)
        {
            var (row, column) = (random.Next(_shape.M), random.Next(_shape.N));
            _weight.Read(column, 0, weight);
            var sum = 0.0;
            for (var k = 0; k < _shape.K; k++)
            {
                sum += (double)x[row * _shape.K + k] * weight[k];
            }

            ExpectNear($"y[{row}, {column}]", y[row * _shape.N + column], sum, Tolerance);
        }
    }

    public override void Dispose()
    {
        foreach (var operation in _operations)
        {
            operation.Dispose();
        }

        foreach (var matrix in _ring)
        {
            matrix.Dispose();
        }

        _workspace?.Dispose();
        _x.Dispose();
        _y.Dispose();
        base.Dispose();
    }

    private BoundOperation Bind(PackedMatrix matrix)
    {
        var args = MatMul.Dense(_x.View, default, _y.View, _shape.M, _shape.N, _shape.K, StandardEpilogue.None);
        matrix.AttachTo(ref args);
        return _device.Kernels.MatMul.Bind(args);
    }
}
