using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Stores four adjacent sums: through the epilogue to y, or as they are to the workspace of a split.</summary>
internal static class MatMulStore
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Quad<TAccess, TStore, TEpilogue>(
        MatMulArgs<TEpilogue> args, Float4 sums, int batch, int row, int column, int chunk)
        where TAccess : struct, IQuadAccess
        where TStore : struct, IQuadEpilogue<TEpilogue>
        where TEpilogue : struct, IEpilogue
    {
        var epilogueRow = batch * args.Rows.Capacity + row;
        if (args.IsSplit != 0)
        {
            args.Workspace.Cast<Float4>()[PartialQuad(args, chunk, epilogueRow, column)] = sums;
            return;
        }

        Finished<TAccess, TStore, TEpilogue>(args, sums, batch, row, column);
    }

    /// <summary>The epilogue of whole sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finished<TAccess, TStore, TEpilogue>(
        MatMulArgs<TEpilogue> args, Float4 sums, int batch, int row, int column)
        where TAccess : struct, IQuadAccess
        where TStore : struct, IQuadEpilogue<TEpilogue>
        where TEpilogue : struct, IEpilogue
    {
        var epilogueRow = batch * args.Rows.Capacity + row;
        var start = args.Y.Offset + batch * args.YBatchStride + row * args.Y.Stride + column;
        var count = args.N - column;
        if (count < 4)
        {
            for (var i = 0; i < count; i++)
            {
                args.Y.Data[start + i] = args.Epilogue.Apply(sums.X, epilogueRow, column + i);
                sums.X = sums.Y;
                sums.Y = sums.Z;
            }

            return;
        }

        sums = TStore.Apply(args.Epilogue, sums, epilogueRow, column);

        // A row of y may start anywhere, also where those of x and the weight are aligned.
        if (TAccess.NeedsAlignment && (start & 3) == 0)
        {
            TAccess.Store(args.Y.Data, start, sums);
        }
        else
        {
            ScalarAccess.Store(args.Y.Data, start, sums);
        }
    }

    /// <summary>Where a split keeps a quad of a chunk: [chunk][row through the batch][columns rounded up to 4].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PartialQuad<TEpilogue>(in MatMulArgs<TEpilogue> args, int chunk, int row, int column)
        where TEpilogue : struct, IEpilogue =>
        (chunk * args.Batch * args.Rows.Capacity + row) * ((args.N + 3) >> 2) + (column >> 2);
}
