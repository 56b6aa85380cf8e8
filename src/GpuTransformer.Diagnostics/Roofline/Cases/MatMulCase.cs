using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>x (M, K) by weight (N, K) with the weight packed once, as models keep theirs.</summary>
/// <param name="M">Rows of x.</param>
/// <param name="K">The length of each sum.</param>
/// <param name="N">Rows of the weight.</param>
public readonly record struct MatMulShape(int M, int K, int N)
{
    /// <summary>The shapes that are measured: a BERT-base layer at 128 and 512 tokens, ViT's 197 and one row.</summary>
    public static IReadOnlyList<MatMulShape> All { get; } =
    [
        new(512, 768, 3072), new(128, 768, 768), new(128, 768, 3072), new(128, 3072, 768), new(197, 768, 3072), new(1, 768, 3072),
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{M}x{K}x{N}";
}

/// <summary>y = x · weightᵀ.</summary>
internal sealed class MatMulCase : OperationCase, IPlainMatMul
{
    // Below, a weight is read for so few multiply-adds that memory decides.
    private const int FewestComputeBoundRows = 8;
    private const int Samples = 32;
    private readonly MatMulShape _shape;
    private readonly MatMulCpuKind? _tiling;
    private readonly DeviceMemory<float> _x;
    private readonly DeviceMemory<float> _y;
    private readonly WeightRows _weight;

    /// <param name="device">Where.</param>
    /// <param name="shape">M, K and N.</param>
    /// <param name="tiling">Another of the CPU's tilings than the best; CPU only.</param>
    public MatMulCase(BenchDevice device, MatMulShape shape, MatMulCpuKind? tiling = null)
        : base(device, "matmul", shape.ToString(), WorkOf(shape))
    {
        _tiling = tiling;
        _shape = shape;
        _x = Own(device.Random((long)shape.M * shape.K, "x"));
        _y = Own(device.Empty((long)shape.M * shape.N, "y"));
        _weight = RandomValues.Weight("weight", shape.N, shape.K);
        var packed = Own(tiling is { } kind
            ? PackedMatrix.CreatePanels(kind, _weight)
            : PackedMatrix.Create(device.Kernels, _weight));
        var args = MatMul.Dense(_x.View, default, _y.View, shape.M, shape.N, shape.K, StandardEpilogue.None);
        packed.AttachTo(ref args);
        Args = args;
        Bind(device.Kernels.MatMul.Bind(args));
    }

    public MatMulArgs<StandardEpilogue> Args { get; }

    public override int SimdBits => _tiling is { } kind ? 32 * MatMulCpuEngine.Of(kind).Lanes : base.SimdBits;

    public void ClearOutput() => _y.Write(Device.Stream, 0, new float[_y.Length]);

    public override void Verify()
    {
        var weight = new float[_shape.K];
        var random = new Random(3);
        for (var sample = 0; sample < Samples; sample++)
        {
            var (row, column) = (random.Next(_shape.M), random.Next(_shape.N));
            var x = ReadRow(_x, row, _shape.K);
            _weight.Read(column, 0, weight);
            var sum = 0.0;
            for (var k = 0; k < _shape.K; k++)
            {
                sum += (double)x[k] * weight[k];
            }

            // Terms of about 1 / sqrt(K) and sums of about 1: K roundings of 6e-8 each, nearly all of them smaller.
            ExpectNear($"y[{row}, {column}]", ReadRow(_y, row, _shape.N)[column], sum, 1e-6 * Math.Sqrt(_shape.K));
        }
    }

    private static Work WorkOf(MatMulShape shape)
    {
        var (m, k, n) = ((double)shape.M, shape.K, shape.N);
        return new Work(2 * m * k * n, sizeof(float) * (m * k + (double)k * n + m * n), m < FewestComputeBoundRows);
    }
}
