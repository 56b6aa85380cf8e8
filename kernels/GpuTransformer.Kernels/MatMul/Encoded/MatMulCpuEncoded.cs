namespace GpuTransformer.Kernels;

/// <summary>Computes: what <see cref="MatMulCpu"/> does, over panels in a narrow encoding.
/// Layout: <see cref="EncodedLayout"/>. Up to 4 rows (2 with 16 registers) are multiplied as their numbers are widened. For
/// more, a piece of a panel is widened into scratch and the float32 tile runs over it: for two tiles of rows 128 k, 24 KB
/// that stay in the first-level cache, for more as much as the second-level cache takes, once for a whole block of rows.
/// Cost: that of float32 and 2 to 6 instructions for a register of numbers: 1 to 4 % more for 128 rows; 8 rows take 0.8 of
/// float32's time with 4 bits and 0.9 with 8, in cache.
/// Numerics: each number as its widening to float32 has it, then the float32 tile's one sum an output, k ascending: the
/// bits are those of float32 panels of the widened numbers.</summary>
internal static unsafe class MatMulCpuEncoded
{
    private const int FewRowsK = 128;

    /// <summary>A group of panels for a block of rows.</summary>
    /// <param name="args">What to multiply.</param>
    /// <param name="batch">The matrix of the batch.</param>
    /// <param name="row">The first row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="first">The first panel.</param>
    /// <param name="count">Panels.</param>
    /// <param name="isUpward">Whether this thread goes on with panels that lie behind.</param>
    /// <param name="user">A user's epilogue.</param>
    public static void Panels(
        MatMulCpuArgs* args, int batch, int row, int rows, int first, int count, bool isUpward, void* user)
    {
        for (var i = 0; i < count; i++)
        {
            var panel = isUpward ? first + i : first + count - i - 1;

            // Beyond the group, where more than two threads claim, another one most likely gets what comes next.
            var goesOn = args->Threads <= 2 || i + 1 < count;
            var next = !goesOn ? panel : isUpward ? panel + 1 : panel - 1;
            if (rows <= args->Engine.PairRows)
            {
                FewRows(args, batch, row, rows, panel, next, user);
            }
            else
            {
                ManyRows(args, batch, row, rows, panel, next, user);
            }
        }
    }

    /// <summary>The k of a block that x ends in.</summary>
    private static void Rest(MatMulCpuArgs* args, float* x, byte* stored, float* sums, int rows, int vectors, float* widened)
    {
        var whole = args->K / args->Encoded.BlockK * args->Encoded.BlockK;
        if (whole < args->K)
        {
            args->Encoded.Widen(stored, vectors, whole, args->K - whole, widened);
            var tile = new MatMulCpuTileArgs
            {
                X = x + whole,
                XStride = args->X.Stride,
                Panel = widened,
                K = args->K - whole,
                Sums = sums,
                Accumulates = true,
            };
            args->Engine.Tile(&tile, vectors, rows);
        }
    }

    /// <summary>The address of a panel; of the nearest where there is none so far.</summary>
    private static byte* PanelOf(MatMulCpuArgs* args, int panel)
    {
        var width = args->Engine.PanelWidth;
        var column = Math.Clamp(panel, 0, (args->N - 1) / width) * width;
        return EncodedPanels.Panel(args->Panels, args->Encoded, args->Engine.Lanes, args->K, column);
    }

    private static void FewRows(MatMulCpuArgs* args, int batch, int row, int rows, int panel, int next, void* user)
    {
        var column = panel * args->Engine.PanelWidth;
        var lanes = args->Engine.Lanes;
        var vectors = (Math.Min(args->Engine.PanelWidth, args->N - column) + lanes - 1) / lanes;
        var width = vectors * lanes;
        var sums = CpuScratch.Floats((rows + args->Encoded.BlockK) * width);
        var stored = PanelOf(args, panel);
        var x = args->X.Row(row) + batch * args->XBatchStride;
        var whole = args->K / args->Encoded.BlockK * args->Encoded.BlockK;
        var tile = new EncodedTileArgs
        {
            X = x,
            XStride = args->X.Stride,
            Panel = stored,
            Ahead = PanelOf(args, next),
            K = whole,
            Sums = sums,
        };
        args->Encoded.Tile(&tile, vectors, rows);
        Rest(args, x, stored, sums, rows, vectors, sums + rows * width);
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
        var stored = PanelOf(args, panel);
        var nextPanel = PanelOf(args, next);
        var x = args->X.Row(row) + batch * args->XBatchStride;
        for (var k = 0; k < args->K; k += blockK)
        {
            var depth = Math.Min(blockK, args->K - k);
            args->Encoded.Widen(stored, vectors, k, depth, widened);

            // Each tile asks for its share of what is widened next.
            var ahead = (float*)(k + depth < args->K
                ? stored + (k + depth) / args->Encoded.CellK * (nint)vectors * args->Encoded.CellBytes : nextPanel);
            var aheadBytes = (nint)(depth / args->Encoded.CellK) * vectors * args->Encoded.CellBytes;
            var share = MatMulCpuPrefetch.Share(aheadBytes / sizeof(float), tiles);
            for (var t = 0; t < tiles; t++)
            {
                var from = (int)((long)t * rows / tiles);
                var count = (int)((long)(t + 1) * rows / tiles) - from;
                var tile = new MatMulCpuTileArgs
                {
                    X = x + (nint)from * args->X.Stride + k,
                    XStride = args->X.Stride,
                    Panel = widened,
                    K = depth,
                    Sums = sums + from * width,
                    Accumulates = k > 0,
                    Ahead = ahead + t * share,
                    AheadFloats = share,
                };
                args->Engine.Tile(&tile, vectors, count);
                if (k + depth == args->K)
                {
                    MatMulCpu.Finish(args, sums + from * width, width, batch, row + from, count, column, user);
                }
            }
        }
    }
}
