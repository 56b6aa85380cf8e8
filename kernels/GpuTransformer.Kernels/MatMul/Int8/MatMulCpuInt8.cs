namespace GpuTransformer.Kernels;

/// <summary>Computes: what <see cref="MatMulCpu"/> does, over panels in a narrow encoding and rows of x as 8-bit integers.
/// Layout: a thread quantizes the rows of its first task of a step into memory of its own, and finds them there in the next.
/// Up to 8 rows take the panels as they are stored, 4 rows and two panels at a time; for more, a piece of a panel is
/// widened once into scratch, in the second-level cache, and tiles of 6 or 8 rows run over it.
/// Numerics: <see cref="Int8Rows"/> and <see cref="Int8Scaling{TSimd, TLanes, TDot, TFloat, TInt, TForm}"/>: integers are
/// exact, floats are added one block of 32 k after the other; the bits of a row depend neither on the other rows nor on the
/// cut, the threads or the instruction set.
/// Edges: K is filled up with zeros to whole blocks, which add nothing.
/// Cost: few rows take the time of reading the weight: one row computes at 32 GB/s of weights in cache on AVX-512, where
/// memory gives 18. A block of 32 k by 16 columns is about 30 instructions, 60 where weights have 8 bits.</summary>
internal static unsafe class MatMulCpuInt8
{
    /// <summary>Rows up to which panels are read as they are stored.</summary>
    public const int FewRows = 8;

    private const int FewTileRows = 4;

    /// <summary>Marks a new run of a step: what threads have quantized before is of another.</summary>
    public static void Begin(MatMulCpuArgs* args) => args->Int8Step = CpuScratch.NewStep();

    /// <summary>Some panels for a block of rows.</summary>
    /// <param name="args">What to multiply.</param>
    /// <param name="batch">Which matrix.</param>
    /// <param name="row">The first row.</param>
    /// <param name="rows">How many.</param>
    /// <param name="first">The first panel.</param>
    /// <param name="count">How many.</param>
    /// <param name="isUpward">In which order they are taken.</param>
    /// <param name="user">A user's epilogue.</param>
    public static void Panels(
        MatMulCpuArgs* args, int batch, int row, int rows, int first, int count, bool isUpward, void* user)
    {
        var x = Quantized(args, batch, row, rows);
        for (var i = 0; i < count;)
        {
            var pair = isUpward ? first + i : first + count - i - 2;
            var panel = isUpward ? first + i : first + count - i - 1;
            if (rows > FewRows)
            {
                Many(args, x, batch, row, rows, panel, user);
                i++;
            }
            else if (i + 1 < count && (pair + 2) * args->Engine.PanelWidth <= args->N)
            {
                Few(args, x, batch, row, rows, pair, 2, isUpward ? pair + 2 : pair - 2, user);
                i += 2;
            }
            else
            {
                Few(args, x, batch, row, rows, panel, 1, isUpward ? panel + 1 : panel - 1, user);
                i++;
            }
        }
    }

    /// <summary>The rows in blocks of 8-bit integers, in memory of this thread.</summary>
    private static byte* Quantized(MatMulCpuArgs* args, int batch, int row, int rows)
    {
        var bytes = Int8Rows.Blocks(args->K) * args->Int8.XBlockBytes;
        var part = (long)batch * args->Rows.Capacity + row;
        var memory = CpuScratch.Kept(args->Int8Step, part, (nuint)rows * (nuint)bytes, out var isThere);
        var x = args->X.Row(row) + batch * args->XBatchStride;
        for (var r = 0; r < rows && !isThere; r++)
        {
            Int8Rows.Quantize(
                x + (nint)r * args->X.Stride, args->K, memory + (nint)r * bytes, args->Int8.XBlockBytes, args->Int8.ZeroPoint,
                args->Int8.InHalves);
        }

        return memory;
    }

    /// <param name="args">What to multiply.</param>
    /// <param name="x">The rows as integers.</param>
    /// <param name="batch">Which matrix.</param>
    /// <param name="row">The first row.</param>
    /// <param name="rows">How many.</param>
    /// <param name="panel">The first panel.</param>
    /// <param name="panels">One or two.</param>
    /// <param name="next">The panel that comes next, if there is one.</param>
    /// <param name="user">A user's epilogue.</param>
    private static void Few(
        MatMulCpuArgs* args, byte* x, int batch, int row, int rows, int panel, int panels, int next, void* user)
    {
        var blocks = Int8Rows.Blocks(args->K);
        nint stride = blocks * args->Int8.XBlockBytes;
        var cells = Cells(args, panel);
        var width = cells * args->Engine.Lanes;
        var stored = Stored(args, panel);
        var sums = CpuScratch.Floats((panels * FewTileRows + 2) * width);
        var tiles = (rows + FewTileRows - 1) / FewTileRows;
        var isNext = next >= 0 && (next + panels) * args->Engine.PanelWidth <= args->N;
        var nextBytes = isNext ? (nint)(Stored(args, next + panels) - Stored(args, next)) : 0;
        for (var t = 0; t < tiles; t++)
        {
            var from = t * rows / tiles;
            var tileRows = (t + 1) * rows / tiles - from;
            var tile = new Int8FewArgs
            {
                X = x + from * stride,
                XStride = stride,
                Panel = stored,
                Panels = panels,
                ToSecond = (nint)(Stored(args, panel + 1) - stored),
                Blocks = blocks,
                Sums = sums,
                Scales = sums + panels * FewTileRows * width,
                Ahead = Stored(args, next),
                AheadBytes = t == 0 ? nextBytes : 0,
            };
            args->Int8.Few(&tile, cells, tileRows);
            for (var p = 0; p < panels; p++)
            {
                var column = (panel + p) * args->Engine.PanelWidth;
                MatMulCpu.Finish(args, sums + p * tileRows * width, width, batch, row + from, tileRows, column, user);
            }
        }
    }

    private static void Many(MatMulCpuArgs* args, byte* x, int batch, int row, int rows, int panel, void* user)
    {
        const int PieceBlocks = MatMulCpu.BlockK / Int8Rows.BlockK;
        var blocks = Int8Rows.Blocks(args->K);
        nint stride = blocks * args->Int8.XBlockBytes;
        var cells = Cells(args, panel);
        var width = cells * args->Engine.Lanes;
        var vectors = width / args->Int8.Lanes;
        var stored = Stored(args, panel);
        var sums = CpuScratch.Floats((rows + Math.Min(blocks, PieceBlocks) * args->Int8.WideBytes / sizeof(float)) * width);
        var wide = (byte*)(sums + rows * width);
        var tiles = (rows + args->Int8.MaxRows - 1) / args->Int8.MaxRows;
        for (var b = 0; b < blocks; b += PieceBlocks)
        {
            var piece = Math.Min(PieceBlocks, blocks - b);
            args->Int8.Widen(stored, cells, b, piece, wide);
            for (var v = 0; v < vectors; v += args->Int8.MaxVectors)
            {
                var column = v * args->Int8.Lanes;
                for (var t = 0; t < tiles; t++)
                {
                    var from = (int)((long)t * rows / tiles);
                    var count = (int)((long)(t + 1) * rows / tiles) - from;
                    var tile = new Int8TileArgs
                    {
                        X = x + from * stride + (nint)b * args->Int8.XBlockBytes,
                        XStride = stride,
                        Wide = wide + column * sizeof(float),
                        Blocks = piece,
                        Sums = sums + from * width + column,
                        Width = width,
                        Accumulates = b > 0,
                    };
                    args->Int8.Tile(&tile, Math.Min(args->Int8.MaxVectors, vectors - v), count);
                }
            }
        }

        MatMulCpu.Finish(args, sums, width, batch, row, rows, panel * args->Engine.PanelWidth, user);
    }

    private static int Cells(MatMulCpuArgs* args, int panel)
    {
        var columns = Math.Min(args->Engine.PanelWidth, args->N - panel * args->Engine.PanelWidth);
        return (columns + args->Engine.Lanes - 1) / args->Engine.Lanes;
    }

    /// <summary>Where a panel begins.</summary>
    private static byte* Stored(MatMulCpuArgs* args, int panel)
    {
        var cells = (nint)panel * args->Engine.PanelWidth / args->Engine.Lanes;
        var depth = (Int8Rows.Blocks(args->K) + args->Int8.CellBlocks - 1) / args->Int8.CellBlocks;
        return (byte*)args->Panels + cells * depth * args->Int8.CellBytes;
    }
}
