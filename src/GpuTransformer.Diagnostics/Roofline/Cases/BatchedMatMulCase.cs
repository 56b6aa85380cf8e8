using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>y[b] = x[b] · weight[b]ᵀ for matrices one after another: the scores of a batch's heads.</summary>
internal sealed class BatchedMatMulCase : OperationCase, IPlainMatMul
{
    private const int Samples = 32;
    private readonly int _batch;
    private readonly MatMulShape _shape;
    private readonly DeviceMemory<float> _x;
    private readonly DeviceMemory<float> _weight;
    private readonly DeviceMemory<float> _y;

    public BatchedMatMulCase(BenchDevice device, int batch, MatMulShape shape)
        : base(device, "matmul", $"{batch} x {shape}", WorkOf(batch, shape))
    {
        _batch = batch;
        _shape = shape;
        var (m, k, n) = (shape.M, shape.K, shape.N);
        _x = Own(device.Random((long)batch * m * k, "x"));
        _weight = Own(device.Random((long)batch * n * k, "weight", MathF.Sqrt(3f / k)));
        _y = Own(device.Empty((long)batch * m * n, "y"));
        var args = MatMul.Dense(_x.View, _weight.View, _y.View, m, n, k, StandardEpilogue.None);
        args.Batch = batch;
        args.XBatchStride = m * k;
        args.WeightBatchStride = n * k;
        args.YBatchStride = m * n;
        Args = args;
        Bind(device.Kernels.MatMul.Bind(args));
    }

    public MatMulArgs<StandardEpilogue> Args { get; }

    public void ClearOutput() => _y.Write(Device.Stream, 0, new float[_y.Length]);

    public override void Verify()
    {
        var random = new Random(3);
        for (var sample = 0; sample < Samples; sample++)
        {
            var (b, row, column) = (random.Next(_batch), random.Next(_shape.M), random.Next(_shape.N));
            var x = ReadRow(_x, b * _shape.M + row, _shape.K);
            var weight = ReadRow(_weight, b * _shape.N + column, _shape.K);
            var sum = 0.0;
            for (var k = 0; k < _shape.K; k++)
            {
                sum += (double)x[k] * weight[k];
            }

            // As for one matrix.
            ExpectNear(
                $"y[{b}, {row}, {column}]", ReadRow(_y, b * _shape.M + row, _shape.N)[column], sum, 1e-6 * Math.Sqrt(_shape.K));
        }
    }

    private static Work WorkOf(int batch, MatMulShape shape)
    {
        var (m, k, n) = ((double)shape.M, shape.K, shape.N);
        return new Work(2 * batch * m * k * n, sizeof(float) * batch * (m * k + (double)k * n + m * n), IsMemoryBound: false);
    }
}
