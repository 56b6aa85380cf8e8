using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Matmul around the edges of every tile, few rows and many, one matrix and several, both layouts of the weight,
/// packed weights, and the epilogue. Batches of other M take other variants: the rows must keep their bits.</summary>
internal sealed class MatMulCheck : OperationCheck<MatMulArgs<StandardEpilogue>>
{
    private const int LargestTile = 128;
    private const int FewMultiprocessors = 12;

    public override string Name => "MatMul";

    protected override Operation<MatMulArgs<StandardEpilogue>> Of(KernelSet kernels) => kernels.MatMul;

    protected override IEnumerable<CheckShape<MatMulArgs<StandardEpilogue>>> Shapes(SweepPlan plan)
    {
        MatMulShape[] smoke =
        [
            .. Forms(plan.Traits),
            new(37, 45, 29) { Epilogue = ActivationKind.GeluErf }, new(13, 64, 96) { Packed = true },
        ];
        MatMulShape[] edges =
        [
            new(1, 1, 1), new(1, 768, 256), new(16, 129, 33) { Aligned = false }, new(17, 15, 70) { KByN = true },
            new(65, 66, 19) { Aligned = false, Epilogue = ActivationKind.Silu, Scale = 0.5f },
            new(63, 127, 40) { KByN = true, Aligned = false }, new(3, 33, 1031) { Packed = true, Epilogue = ActivationKind.Relu },
            new(33, 20, 24) { Matrices = 3 }, new(7, 37, 18) { Matrices = 5, KByN = true, Aligned = false },
            new(2, 40, 4099), new(130, 131, 12) { Packed = true, KByN = true },
        ];
        MatMulShape[] large =
        [
            new(512, 768, 3072) { Packed = true }, new(4096, 4096, 512), new(1, 4096, 4096) { Packed = true },
            new(1000, 3000, 777) { Aligned = false, Epilogue = ActivationKind.GeluTanh },
            new(128, 128, 64) { Matrices = 96 }, new(16, 50257, 320),
        ];
        return plan.Pick(smoke, edges, large).Select(shape => shape.Check());
    }

    /// <summary>A shape that each group kernel is chosen for, with and without a split of k: rows that are aligned, rows that
    /// are not, and each narrow encoding of the weight.</summary>
    private static IEnumerable<MatMulShape> Forms(DeviceTraits traits)
    {
        var multiprocessors = traits.Multiprocessors;
        // Two of the largest tiles for each multiprocessor, or many chunks of them: what leaves no multiprocessor waiting.
        // Rows stay below whole tiles, since batches have spare ones. Small devices never take the largest tile so.
        MatMulShape[] small = [new(18, 17, 29), new(18, 17, 300), new(5, 33, 67), new(5, 33, 300)];
        MatMulShape[] shapes = multiprocessors < FewMultiprocessors
            ? small
            : [.. small, new(12 * LargestTile - 64, LargestTile * (multiprocessors / 6), 32), new(8 * LargestTile - 64, 8 * LargestTile, 4096)];
        WeightEncoding[] narrow = [WeightEncoding.F16, WeightEncoding.BF16, WeightEncoding.Q8_0];
        return shapes
            .Concat(shapes.Select(shape => shape with { Aligned = false }))
            .Concat(narrow.SelectMany(encoding => shapes.SelectMany(shape => Encoded(shape, encoding, traits.Kind))));
    }

    /// <summary>The rows that the kernels of graphics cards take; a processor packs for its own variant unless it is asked
    /// for them.</summary>
    private static IEnumerable<MatMulShape> Encoded(MatMulShape shape, WeightEncoding encoding, DeviceKind kind)
    {
        var rows = shape with { Packed = true, Encoding = encoding, InRows = true };
        return kind == DeviceKind.Cpu ? [rows, rows with { InRows = false }] : [rows];
    }
}
