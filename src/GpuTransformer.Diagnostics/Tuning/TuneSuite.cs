using GpuTransformer.Diagnostics.References;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Tuning;

/// <summary>The shapes that are tuned: those of encoders and decoders of 100 million to some billions of weights, at the
/// upper ends of their classes.</summary>
internal static class TuneSuite
{
    private const int NumHeads = 12;
    private const float Epsilon = 1e-5f;

    // Means of values in [-1, 1], and norms and softmax whose sums are right to some units in the last place.
    private const float CloseRows = 1e-5f;

    private static readonly (int K, int N)[] s_small = [(768, 768), (768, 3072), (3072, 768)];
    private static readonly (int K, int N)[] s_large = [(1024, 1024), (1024, 4096), (4096, 1024), (2048, 2048), (4096, 4096), (768, 32768)];

    /// <summary>The cases for a device.</summary>
    /// <param name="device">Where; a CPU accelerator, where a barrier takes a millisecond, gets small shapes.</param>
    /// <param name="isQuick">Fewer shapes.</param>
    public static IReadOnlyList<Func<TuneCase>> For(BenchDevice device, bool isQuick)
    {
        if (device.IsCpu)
        {
            return [.. Shapes(device, [8, 32], [(64, 64)], [32], [8], [(1, 16, 64)])];
        }

        return isQuick
            ? [.. Shapes(device, [1, 16, 128], s_small, [768, 4096], [128], [(1, 128, 128), (1, 1, 512)])]
            : [.. Shapes(
                device, [1, 4, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096], [.. s_small, .. s_large], [256, 512, 1024, 2048, 4096, 16384],
                [16, 128, 1024, 8192],
                [(1, 128, 128), (32, 128, 128), (1, 512, 512), (8, 512, 512), (1, 2048, 2048), (1, 1, 512), (1, 1, 4096), (32, 1, 1024)])];
    }

    private static IEnumerable<Func<TuneCase>> Shapes(
        BenchDevice device, int[] rows, (int K, int N)[] weights, int[] widths, int[] normRows, (int Batch, int Queries, int Keys)[] attention)
    {
        foreach (var (k, n) in weights)
        {
            foreach (var m in rows)
            {
                yield return () => MatMulCase(device, m, k, n);
            }
        }

        foreach (var shape in attention)
        {
            yield return () => AttentionCase(device, shape.Batch, shape.Queries, shape.Keys);
        }

        foreach (var width in widths)
        {
            foreach (var count in normRows)
            {
                yield return () => NormCase(device, device.Kernels.LayerNorm, count, width);
                yield return () => NormCase(device, device.Kernels.RmsNorm, count, width);
                yield return () => SoftmaxCase(device, count, width);
            }
        }
    }

    internal static TuneCase MatMulCase(BenchDevice device, int m, int k, int n)
    {
        var x = device.Random((long)m * k, "x");
        var y = device.Empty((long)m * n, "y");
        var weight = PackedMatrix.Create(device.Kernels, RandomValues.Weight("weight", n, k));
        var args = MatMul.Dense(x.View, default, y.View, m, n, k, StandardEpilogue.None);
        weight.AttachTo(ref args);

        // One order of summation, but products may be rounded or not: errors of 6e-8 a term that mostly cancel.
        var tolerance = 2e-6f * MathF.Sqrt(k);
        return new TuneCase<MatMulArgs<StandardEpilogue>>(device, device.Kernels.MatMul, $"{m}x{k}x{n}", args, y, tolerance, x, weight);
    }

    private static TuneCase<AttentionArgs<PlainScore>> AttentionCase(BenchDevice device, int batch, int queries, int keys)
    {
        const int headDim = 64;
        int[] keyLengths = [.. Enumerable.Repeat(keys, batch)];
        var rows = References.AttentionCase.Sequences([.. Enumerable.Repeat(queries, batch)], keyLengths, causal: false);
        var inputs = new References.AttentionCase(NumHeads, NumHeads, headDim, keyLengths, rows);
        var buffers = new AttentionBuffers(device.Accelerator, inputs, queries > 1 ? Session.BlockRows : Session.FewRows, aligned: true);
        var output = device.Empty((long)batch * queries * inputs.Width, "output");
        var args = buffers.Arguments(RowView.Dense(output.View, inputs.Width), default(PlainScore));
        return new TuneCase<AttentionArgs<PlainScore>>(
            device, device.Kernels.Attention, $"{batch} x {NumHeads} heads x {headDim}, {queries} over {keys}", args, output, CloseRows, buffers);
    }

    private static TuneCase<NormArgs> NormCase(BenchDevice device, Operation<NormArgs> norm, int rows, int width)
    {
        var x = device.Random((long)rows * width, "x");
        var y = device.Empty((long)rows * width, "y");
        var weight = device.Random(width, "weight");
        var args = new NormArgs
        {
            X = RowView.Dense(x.View, width),
            Y = RowView.Dense(y.View, width),
            Weight = weight.View,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Epsilon = Epsilon,
        };
        return new TuneCase<NormArgs>(device, norm, $"{rows}x{width}", args, y, CloseRows, x, weight);
    }

    private static TuneCase<SoftmaxArgs> SoftmaxCase(BenchDevice device, int rows, int width)
    {
        var x = device.Random((long)rows * width, "x", 3f);
        var y = device.Empty((long)rows * width, "y");
        var args = new SoftmaxArgs
        {
            X = RowView.Dense(x.View, width),
            Y = RowView.Dense(y.View, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Scale = 1f,
            RowsPerInterval = 1,
            RowsPerMask = 1,
        };
        return new TuneCase<SoftmaxArgs>(device, device.Kernels.Softmax, $"{rows}x{width}", args, y, CloseRows, x);
    }
}
