using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <content>Single operators. The targets were measured with other kernels of the same design on one machine.</content>
internal static partial class PeerRows
{
    private const int Heads = 12;
    private const int HeadDim = 64;

    private static IEnumerable<PeerRow> MatMuls()
    {
        (MatMulShape Shape, RowTarget Target)[] rows =
        [
            (new(128, 768, 768), new(0.96, 0.98)),
            (new(128, 768, 3072), new(0.91, 0.98)),
            (new(128, 3072, 768), new(0.91, 0.96)),
            (new(512, 768, 3072), new(0.94, 0.96)),
            (new(197, 768, 3072), new(0.96, 0.99)),
            (new(1024, 1024, 1024), new(0.92, 0.92)),
            (new(8, 768, 3072), new(0.86, 0.84)),
            (new(1, 768, 768), new(0.94, 0.79)),
            (new(1, 768, 3072), new(1.00, 1.01)),
        ];
        foreach (var (shape, target) in rows)
        {
            var (m, k, n) = ((double)shape.M, (double)shape.K, (double)shape.N);
            var work = new Work(2 * m * k * n, sizeof(float) * (m * k + k * n + m * n), shape.M <= 8);
            yield return new PeerRow(
                $"matmul.{shape}", work, new OperatorPeer(("MatMul", () => OperatorModels.MatMul(shape.M, shape.K, shape.N))), target,
                context => new CaseSide(new MatMulCase(context.Device, shape)))
            { ProductRows = shape.M };
        }
    }

    /// <summary>One row by matrices that take turns, together larger than the caches.</summary>
    private static IEnumerable<PeerRow> Rings()
    {
        const int K = 768, N = 3072;
        var beyond = ProcessorCaches.BytesBeyondCaches;

        const double Weights = (double)K * N;

        // As ours stores them: a block of 32 has a scale of 16 bits beside it.
        const double Int8Bytes = Weights * 34 / 32, Int4Bytes = Weights * 18 / 32;

        PeerRow Ring(
            string name, double bytes, WeightEncoding encoding, ActivationEncoding activations, RowTarget target, string op, Func<int, OnnxModel> peer)
        {
            var count = (int)Math.Ceiling(beyond / bytes);
            return new PeerRow(
                name, new Work(2 * Weights * count, bytes * count, IsMemoryBound: true), new OperatorPeer((op, () => peer(count))), target,
                context => new CaseSide(
                    new WeightRingCase(context.Device, new MatMulShape(1, K, N), encoding, beyond, activations), count))
            { Pieces = count };
        }

        yield return Ring(
            "ring.float32", sizeof(float) * Weights, WeightEncoding.F32, ActivationEncoding.F32, new RowTarget(0.91, 0.93), "MatMul",
            count => OperatorModels.MatMul(1, K, N, count));
        yield return Ring(
            "ring.int8", Int8Bytes, WeightEncoding.Q8_0, ActivationEncoding.Int8, new RowTarget(0.72), "MatMulNBits 8",
            count => OperatorModels.MatMulNBits(K, N, 8, count));
        yield return Ring(
            "ring.int8.columns", Int8Bytes, WeightEncoding.Q8_0, ActivationEncoding.Int8, new RowTarget(0.99, 0.95), "DynamicQuantizeMatMul",
            count => OperatorModels.DynamicQuantizeMatMul(K, N, count));
        yield return Ring(
            "ring.int4", Int4Bytes, WeightEncoding.Q4_0, ActivationEncoding.Int8, new RowTarget(0.60), "MatMulNBits 4",
            count => OperatorModels.MatMulNBits(K, N, 4, count));
    }

    private static IEnumerable<PeerRow> Attention()
    {
        // By the peer that runs: of parts, or as one operator.
        (int Length, bool IsCausal, RowTarget Parts, RowTarget One)[] rows =
        [
            (128, false, new(0.93, 0.97), new(0.82, 0.71)),
            (512, false, new(0.84, 0.85), new(0.84, 0.77)),
            (1024, false, new(0.78, 0.77), new(0.86, 0.83)),
            (128, true, new(0.63, 0.67), new(0.49, 0.46)),
            (512, true, new(0.41, 0.42), new(0.44, 0.40)),
            (1024, true, new(0.35, 0.34), new(0.39, 0.34)),
        ];
        foreach (var (length, isCausal, parts, one) in rows)
        {
            double keys = isCausal ? (length + 1) / 2.0 : length;
            var width = Heads * HeadDim;
            var work = new Work(4.0 * length * keys * width, 4.0 * sizeof(float) * length * width, IsMemoryBound: false);
            yield return new PeerRow(
                $"attention.{length}{(isCausal ? ".causal" : "")}",
                work,
                new OperatorPeer(
                    ("MatMul, Softmax, MatMul", () => OperatorModels.AttentionOfParts(Heads, HeadDim, length, isCausal)),
                    ("MultiHeadAttention", () => OperatorModels.MultiHeadAttention(Heads, HeadDim, length, isCausal))),
                parts,
                context => new CaseSide(new SelfAttentionCase(context.Device, Heads, HeadDim, length, isCausal, work)))
            {
                Exponentials = (double)Heads * length * keys,
                ProductRows = length,
                CandidateTargets = new Dictionary<string, RowTarget> { ["MultiHeadAttention"] = one },
            };
        }
    }

    private static IEnumerable<PeerRow> Elementwise()
    {
        (int Rows, int Width, RowTarget Target)[] norms = [(128, 768, new(0.40, 0.33)), (512, 768, new(0.54, 0.37))];
        foreach (var (rows, width, target) in norms)
        {
            yield return Operator(
                $"layernorm.{rows}x{width}", 2, rows, width, "LayerNormalization", () => OperatorModels.LayerNorm(rows, width), target,
                context => new NormCase(context.Device, isRms: false, rows, width));
        }

        yield return Operator(
            "skiplayernorm.128x768", 3, 128, 768, "SkipLayerNormalization", () => OperatorModels.SkipLayerNorm(128, 768), new(0.04, 0.04),
            context => new SkipNormCase(context.Device, 128, 768));
        (int Rows, RowTarget Erf, RowTarget Tanh)[] gelus =
            [(128, new(0.55, 0.59), new(0.38, 0.42)), (512, new(0.53, 0.53), new(0.40, 0.38))];
        foreach (var (rows, erf, tanh) in gelus)
        {
            const int Width = 3072;
            yield return Operator(
                $"gelu.{rows}x{Width}", 2, rows, Width, "Gelu", () => OperatorModels.Elementwise("Gelu", rows, Width), erf,
                context => new GeluCase(context.Device, rows, Width, new RowArrays(context.Device, (long)rows * Width)));
            yield return Operator(
                $"fastgelu.{rows}x{Width}", 2, rows, Width, "FastGelu", () => OperatorModels.Elementwise("FastGelu", rows, Width), tanh,
                context => new GeluTanhCase(context.Device, rows, Width));
        }

        (int Rows, int Width, RowTarget Target)[] softmaxes = [(1536, 128, new(0.97, 0.91)), (6144, 512, new(0.96, 0.79))];
        foreach (var (rows, width, target) in softmaxes)
        {
            yield return Operator(
                $"softmax.{rows}x{width}", 2, rows, width, "Softmax", () => OperatorModels.Softmax(rows, width), target,
                context => new SoftmaxCase(context.Device, rows, width));
        }
    }

    private static PeerRow Operator(
        string name, int arrays, int rows, int width, string op, Func<OnnxModel> theirs, RowTarget target, Func<SideContext, BenchCase> ours) =>
        new(
            name, new Work(0, (double)arrays * sizeof(float) * rows * width, IsMemoryBound: true), new OperatorPeer((op, theirs)), target,
            context => new CaseSide(ours(context)))
        { IsCopy = true };
}
