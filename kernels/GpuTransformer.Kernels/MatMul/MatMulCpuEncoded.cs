namespace GpuTransformer.Kernels;

/// <summary>Computes: what <see cref="MatMulCpu"/> does, over panels in a narrow encoding.
/// Layout: <see cref="EncodedLayout"/>. A piece of a panel is widened into scratch and the float32 tile runs over it: for few
/// rows 128 k, 24 KB that stay in the first-level cache, for many as much as the second-level cache takes, once for a
/// whole block of rows.
/// Numerics: each number as its widening to float32 has it, then the float32 tile's one sum an output, k ascending: the
/// bits are those of float32 panels of the widened numbers.</summary>
internal static unsafe class MatMulCpuEncoded
{
    private const int FewRowsK = 128;

    /// <summary>One panel for a block of rows.</summary>
    /// <param name="args">What to multiply.</param>
    /// <param name="batch">The matrix of the batch.</param>
    /// <param name="row">The first row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="next">The panel that this thread is likely to take next.</param>
    /// <param name="user">A user's epilogue.</param>
    public static void Panel(MatMulCpuArgs* args, int batch, int row, int rows, int panel, int next, void* user)
    {
        if (rows <= args->Engine.PairRows)
        {
            FewRows(args, batch, row, rows, panel, next, user);
        }
        else
        {
            ManyRows(args, batch, row, rows, panel, next, user);
        }
    }

    private static void FewRows(MatMulCpuArgs* args, int batch, int row, int rows, int panel, int next, void* user)
    {
        var column = panel * args->Engine.PanelWidth;
        var lanes = args->Engine.Lanes;
        var vectors = (Math.Min(args->Engine.PanelWidth, args->N - column) + lanes - 1) / lanes;
        var width = vectors * lanes;
        var sums = CpuScratch.Floats((rows + args->Encoded.BlockK) * width);
        var stored = EncodedPanels.Panel(args->Panels, args->Encoded, lanes, args->K, column);
        var x = args->X.Row(row) + batch * args->XBatchStride;
        var whole = args->K / args->Encoded.BlockK * args->Encoded.BlockK;
        var ahead = EncodedPanels.Panel(args->Panels, args->Encoded, lanes, args->K, next * args->Engine.PanelWidth);
        args->Encoded.Tile(x, args->X.Stride, stored, ahead, whole, sums, rows, vectors);
        if (whole < args->K)
        {
            // x ends inside the last block.
            var widened = sums + rows * width;
            args->Encoded.Widen(stored, vectors, whole, args->K - whole, widened);
            args->Engine.Tile(
                x + whole, args->X.Stride, widened, args->K - whole, sums, rows, vectors, true, null, 0);
        }

        MatMulCpu.Finish(args, sums, width, batch, row, rows, column, user);
    }

    private static void ManyRows(MatMulCpuArgs* args, int batch, int row, int rows, int panel, int next, void* user)
    {
        var column = panel * args->Engine.PanelWidth;
        var lanes = args->Engine.Lanes;
        var vectors = (Math.Min(args->Engine.PanelWidth, args->N - column) + lanes - 1) / lanes;
        var width = vectors * lanes;
        var tiles = (rows + args->Engine.MaxRows - 1) / args->Engine.MaxRows;
        var blockK = tiles <= 2 ? FewRowsK : MatMulCpu.BlockK;
        var sums = CpuScratch.Floats((rows + blockK) * width);
        var widened = sums + rows * width;
        var stored = EncodedPanels.Panel(args->Panels, args->Encoded, lanes, args->K, column);
        var nextPanel = EncodedPanels.Panel(args->Panels, args->Encoded, lanes, args->K, next * args->Engine.PanelWidth);
        var x = args->X.Row(row) + batch * args->XBatchStride;
        for (var k = 0; k < args->K; k += blockK)
        {
            var depth = Math.Min(blockK, args->K - k);
            args->Encoded.Widen(stored, vectors, k, depth, widened);

            // Each tile asks for its share of what is widened next.
            var ahead = (float*)(k + depth < args->K
                ? stored + (k + depth) / args->Encoded.CellK * (nint)vectors * args->Encoded.CellBytes : nextPanel);
            var aheadBytes = (nint)(depth / args->Encoded.CellK) * vectors * args->Encoded.CellBytes;
            var share = tiles <= 2 ? 0 : MatMulCpuPrefetch.Share(aheadBytes / sizeof(float), tiles);
            for (var t = 0; t < tiles; t++)
            {
                var from = (int)((long)t * rows / tiles);
                var count = (int)((long)(t + 1) * rows / tiles) - from;
                args->Engine.Tile(
                    x + (nint)from * args->X.Stride + k, args->X.Stride, widened, depth, sums + from * width, count, vectors, k > 0,
                    ahead + t * share, share);
                if (k + depth == args->K)
                {
                    MatMulCpu.Finish(args, sums + from * width, width, batch, row + from, count, column, user);
                }
            }
        }
    }
}
