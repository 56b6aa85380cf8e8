using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The second kernel of a matmul that was split along k.
/// Computes: y[b] = epilogue(partial[0] + partial[1] + …), the order of MatMulOrder.
/// Shapes: partial (chunks, batch · M, N rounded up to 4), y (M, N) in a batch.
/// Group: any size; thread i of the grid owns four columns of a row.
/// Numerics: float32, chunks ascending from 0.
/// Cost: chunks + 1 times M N floats moved, the partial sums mostly in the cache.</summary>
internal static class MatMulMerge<TStore, TEpilogue>
    where TStore : struct, IQuadEpilogue<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    public static void Kernel(MatMulArgs<TEpilogue> args)
    {
        var index = Grid.IdxX * Group.DimX + Group.IdxX;
        var quads = (args.N + 3) >> 2;
        var epilogueRow = index / quads;
        var column = (index - epilogueRow * quads) << 2;
        var batch = epilogueRow / args.Rows.Capacity;
        var row = epilogueRow - batch * args.Rows.Capacity;
        if (batch >= args.Batch || row >= args.Rows.Count)
        {
            return;
        }

        var partial = args.Workspace.Cast<Float4>();
        var step = args.Batch * args.Rows.Capacity * quads;
        var chunks = MatMulOrder.Chunks(args.K);
        var total = default(Float4);
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            Float4.Add(ref total, partial[index + chunk * step]);
        }

        MatMulStore.Finished<ScalarAccess, TStore, TEpilogue>(args, total, batch, row, column);
    }
}
