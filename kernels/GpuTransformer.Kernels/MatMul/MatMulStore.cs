using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Applies the epilogue to four adjacent sums and stores them.</summary>
internal static class MatMulStore
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Quad<TAccess, TEpilogue>(
        MatMulArgs<TEpilogue> args, Float4 sums, int batch, int row, int column)
        where TAccess : struct, IQuadAccess
        where TEpilogue : struct, IEpilogue
    {
        var epilogueRow = batch * args.Rows.Capacity + row;
        var start = args.Y.Offset + batch * args.YBatchStride + row * args.Y.Stride + column;

        // The count is small and the epilogue long, so one copy of it runs up to four times.
        var count = args.N - column;
        count = count < 4 ? count : 4;
        for (var i = 0; i < count; i++)
        {
            var value = args.Epilogue.Apply(sums.X, epilogueRow, column + i);
            sums.X = sums.Y;
            sums.Y = sums.Z;
            sums.Z = sums.W;
            sums.W = value;
        }

        // A row of y may start anywhere, also where those of x and the weight are aligned.
        if (count == 4 && (!TAccess.NeedsAlignment || (start & 3) == 0))
        {
            TAccess.Store(args.Y.Data, start, sums);
            return;
        }

        if (count == 4)
        {
            ScalarAccess.Store(args.Y.Data, start, sums);
            return;
        }

        // The results stand at the end.
        args.Y.Data[start] = count == 1 ? sums.W : count == 2 ? sums.Z : sums.Y;
        if (count > 1)
        {
            args.Y.Data[start + 1] = count == 2 ? sums.W : sums.Z;
        }

        if (count > 2)
        {
            args.Y.Data[start + 2] = sums.W;
        }
    }
}
