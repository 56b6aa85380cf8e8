using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Matmul for few rows, where reading the weight is the cost.
/// Computes: y[b] = epilogue(x[b] · weight[b]ᵀ).
/// Shapes: x (M, K), weight (N, K) or by column stride (K, N), in any encoding, y (M, N), each in a batch.
/// Group: 256 threads, 8 rows and 32, 64 or 128 columns (float32, 16 bits, 8 bits) of one y, one chunk of k at a time; with
/// IsSplit one chunk, which MatMulMerge adds to the others. A thread sums one row of one column, or two or four rows where
/// a group has more columns: a number is then widened once for all of them.
/// Shared: a chunk of x [8][256] and of the weight as it is stored, [columns][cells + 1] of 128 bits, 41 to 43 KB.
/// Banks: rows of weight are an odd number of cells apart, so eight lanes read or write 128 bits in all 32 banks; x is the
/// same address for a whole warp.
/// Barriers: two a chunk. The next is read into registers while this one is multiplied.
/// Numerics: float32, chunks of k as in MatMulOrder; the same bits as the tiles.
/// Edges: columns beyond the matrix read its last; cells beyond K read the row's last, and are not multiplied.
/// Cost: 2 M N K flops; the weight is read M / 8 times, once for one to eight rows.
/// Limit: bytes under way. H200's 4.8 TB/s and 0.7 µs are 3.4 MB, 26 KB a multiprocessor; a group has 32 KB under way,
/// two or three run side by side. A chunk takes its warps 256 dependent multiply-adds, 0.6 µs, while the next is on its
/// way. N = 768, K = 3072 has 24 groups of columns with 12 chunks each: split they are 288, 9.4 MB asked for at once, and
/// one launch more. 8-bit weights need 5 instructions a number, 70 % of the multiprocessor's at full bandwidth.</summary>
internal static class MatMulGroupSkinny<TAccess, TWeight, TEpilogue>
    where TAccess : struct, IQuadAccess
    where TWeight : struct, IMatMulWeight
    where TEpilogue : struct, IEpilogue
{
    private const int Threads = MatMulSkinny.Threads;
    private const int RowShift = MatMulSkinny.RowShift;
    private const int TileRows = 1 << RowShift;
    private const int QuadsOfRow = MatMulOrder.Chunk / 4;

    private static int ColumnShift => MatMulSkinny.ColumnShift(TWeight.QuadsOfCell);

    /// <summary>Cells of a chunk of a column.</summary>
    private static int CellShift => 11 - ColumnShift;

    /// <summary>Odd, so that eight lanes with a column each read from all 32 banks; the last cell holds the scales.</summary>
    private static int Stride => (1 << CellShift) + 1;

    public static void Kernel(MatMulArgs<TEpilogue> args)
    {
        var rows = args.Rows.Count;
        var tiles = args.Batch * MatMulPlace.Tiles(args.Rows.Capacity, args.N, RowShift, ColumnShift);
        var chunks = MatMulOrder.Chunks(args.K);
        var split = Grid.IdxX / tiles;
        var place = MatMulPlace.Of(Grid.IdxX - split * tiles, args.Rows.Capacity, args.N, RowShift, ColumnShift);
        if (place.FirstRow >= rows)
        {
            return;
        }

        var sharedX = SharedMemory.Allocate<Float4>(TileRows * QuadsOfRow);
        var sharedWeight = SharedMemory.Allocate<Words4>(Stride << ColumnShift);
        var reader = Reader.Of(args, place, rows);
        var thread = Group.IdxX;
        var column = thread & ((1 << ColumnShift) - 1);
        var row = thread >> ColumnShift;
        var rowStep = Threads >> ColumnShift;
        var chunk = args.IsSplit == 0 ? 0 : split;
        var last = args.IsSplit == 0 ? chunks - 1 : split;
        var isOneRow = TWeight.QuadsOfCell == 1 || place.FirstRow + rowStep >= rows;
        var x = sharedX.SubView(row * QuadsOfRow);
        var weight = sharedWeight.SubView(column * Stride);
        var totals = default(Float4);
        reader.Read(args, chunk);
        for (; chunk < last; chunk++)
        {
            reader.Put(sharedX, sharedWeight);
            Group.Barrier();

            // Under way while this chunk is multiplied.
            reader.Read(args, chunk + 1);
            AddChunk(ref totals, x, rowStep, weight, 1 << CellShift, isOneRow);

            // The next chunk is written where the slower threads still read.
            Group.Barrier();
        }

        var steps = args.K - (chunk << MatMulOrder.ChunkShift);
        reader.MaskLast(steps);
        reader.Put(sharedX, sharedWeight);
        Group.Barrier();
        AddChunk(ref totals, x, rowStep, weight, CellsOf(steps), isOneRow);
        column += place.FirstColumn;
        if (column < args.N)
        {
            Store(args, totals, place.Batch, place.FirstRow + row, rowStep, rows, column, chunk);
        }

        GroupEnd.Join();
    }

    /// <summary>totals += the sums of a chunk, each from 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddChunk(
        ref Float4 totals, ArrayView<Float4> x, int rowStep, ArrayView<Words4> weight, int cells, bool isOneRow)
    {
        var sums = default(Float4);
        if (isOneRow)
        {
            MultiplyAdd(ref sums, x, weight, cells);
        }
        else
        {
            MultiplyAddRows(ref sums, x, rowStep, weight, cells);
        }

        Float4.Add(ref totals, sums);
    }

    /// <summary>Cells that hold the first <paramref name="steps"/> of a chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CellsOf(int steps)
    {
        var cells = (steps - 1 + 4 * TWeight.QuadsOfCell) >> (MatMulOrder.ChunkShift - CellShift);
        return cells < 1 << CellShift ? cells : 1 << CellShift;
    }

    /// <summary>The sum of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd(ref Float4 sums, ArrayView<Float4> x, ArrayView<Words4> weight, int cells)
    {
        for (var cell = 0; cell < cells; cell++)
        {
            var words = weight[cell];
            var scale = ScaleOf(weight, cell);
            var xs = x.SubView(cell * TWeight.QuadsOfCell);
            Dot(ref sums.X, xs[0], TWeight.Widen(words, 0, scale));
            if (TWeight.QuadsOfCell > 1)
            {
                Dot(ref sums.X, xs[1], TWeight.Widen(words, 1, scale));
            }

            if (TWeight.QuadsOfCell > 2)
            {
                Dot(ref sums.X, xs[2], TWeight.Widen(words, 2, scale));
                Dot(ref sums.X, xs[3], TWeight.Widen(words, 3, scale));
            }
        }
    }

    /// <summary>The sums of two or four rows; each number of the weight is widened once for all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAddRows(
        ref Float4 sums, ArrayView<Float4> x, int rowStep, ArrayView<Words4> weight, int cells)
    {
        for (var cell = 0; cell < cells; cell++)
        {
            var words = weight[cell];
            var scale = ScaleOf(weight, cell);
            var xs = x.SubView(cell * TWeight.QuadsOfCell);
            DotRows(ref sums, xs, rowStep, TWeight.Widen(words, 0, scale));
            DotRows(ref sums, xs.SubView(1), rowStep, TWeight.Widen(words, 1, scale));
            if (TWeight.QuadsOfCell > 2)
            {
                DotRows(ref sums, xs.SubView(2), rowStep, TWeight.Widen(words, 2, scale));
                DotRows(ref sums, xs.SubView(3), rowStep, TWeight.Widen(words, 3, scale));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DotRows(ref Float4 sums, ArrayView<Float4> x, int rowStep, Float4 weight)
    {
        Dot(ref sums.X, x[0], weight);
        Dot(ref sums.Y, x[rowStep * QuadsOfRow], weight);
        if (TWeight.QuadsOfCell > 2)
        {
            Dot(ref sums.Z, x[2 * rowStep * QuadsOfRow], weight);
            Dot(ref sums.W, x[3 * rowStep * QuadsOfRow], weight);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Dot(ref float sum, Float4 x, Float4 weight)
    {
        sum += x.X * weight.X;
        sum += x.Y * weight.Y;
        sum += x.Z * weight.Z;
        sum += x.W * weight.W;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float ScaleOf(ArrayView<Words4> weight, int cell) =>
        TWeight.HasScales
            ? BlockWeight.Scale(weight.Cast<int>()[(Stride - 1) * 4 + (cell >> 2)], cell >> 1)
            : 1f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        MatMulArgs<TEpilogue> args, Float4 sums, int batch, int row, int rowStep, int rows, int column, int chunk)
    {
        // Rolled: the epilogue may be long.
        for (var i = 0; i < TWeight.QuadsOfCell; i++)
        {
            if (row < rows)
            {
                var epilogueRow = batch * args.Rows.Capacity + row;
                if (args.IsSplit != 0)
                {
                    var quad = MatMulStore.PartialQuad(args, chunk, epilogueRow, column);
                    args.Workspace[(quad << 2) + (column & 3)] = sums.X;
                }
                else
                {
                    args.Y.Data[args.Y.Offset + batch * args.YBatchStride + row * args.Y.Stride + column] =
                        args.Epilogue.Apply(sums.X, epilogueRow, column);
                }
            }

            row += rowStep;
            sums.X = sums.Y;
            sums.Y = sums.Z;
            sums.Z = sums.W;
        }
    }

    /// <summary>What a thread reads of a chunk: two quads of x, eight cells of the weight, and the scales of a column.</summary>
    private struct Reader
    {
        private Float4 _x0;
        private Float4 _x1;
        private Words4 _c0;
        private Words4 _c1;
        private Words4 _c2;
        private Words4 _c3;
        private Words4 _c4;
        private Words4 _c5;
        private Words4 _c6;
        private Words4 _c7;
        private Words4 _scales;
        private int _rowX;
        private int _quadX;
        private int _startX;
        private int _rowsLeft;
        private int _column;
        private int _cell;
        private int _startWeight;
        private int _lastColumn;
        private int _columnStep;
        private int _cellStep;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Reader Of(MatMulArgs<TEpilogue> args, MatMulPlace place, int rows)
        {
            var reader = default(Reader);
            var thread = Group.IdxX;
            reader._rowX = thread >> 6;
            reader._quadX = thread & (QuadsOfRow - 1);
            reader._rowsLeft = rows - place.FirstRow;
            reader._startX = args.X.Offset + place.Batch * args.XBatchStride
                + (place.FirstRow + reader._rowX) * args.X.Stride + (reader._quadX << 2);

            // Neighbours read along k, or along n where the weight is (K, N).
            var alongK = TWeight.NeedsAlignment || args.WeightColumnStride == 1;
            reader._column = alongK ? thread >> CellShift : thread & ((1 << ColumnShift) - 1);
            reader._cell = alongK ? thread & ((1 << CellShift) - 1) : thread >> ColumnShift;
            reader._columnStep = alongK ? Threads >> CellShift : 0;
            reader._cellStep = alongK ? 0 : Threads >> ColumnShift;
            reader._startWeight = args.Weight.Offset + place.Batch * args.WeightBatchStride
                + place.FirstColumn * args.Weight.Stride;
            reader._lastColumn = args.N - 1 - place.FirstColumn;
            return reader;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Read(MatMulArgs<TEpilogue> args, int chunk)
        {
            var k = chunk << MatMulOrder.ChunkShift;
            _c0 = ReadCell(args, k, 0);
            _c1 = ReadCell(args, k, 1);
            _c2 = ReadCell(args, k, 2);
            _c3 = ReadCell(args, k, 3);
            _c4 = ReadCell(args, k, 4);
            _c5 = ReadCell(args, k, 5);
            _c6 = ReadCell(args, k, 6);
            _c7 = ReadCell(args, k, 7);
            _x0 = ReadX(args, k, 0);
            _x1 = ReadX(args, k, 4);
            if (TWeight.HasScales && Group.IdxX < 1 << ColumnShift)
            {
                var column = Group.IdxX < _lastColumn ? Group.IdxX : _lastColumn;
                _scales = args.Weight.Data.Cast<Words4>()[
                    (_startWeight + column * args.Weight.Stride + chunk * BlockWeight.WordsOfChunk) >> 2];
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Put(ArrayView<Float4> sharedX, ArrayView<Words4> sharedWeight)
        {
            sharedX[_rowX * QuadsOfRow + _quadX] = _x0;
            sharedX[(_rowX + 4) * QuadsOfRow + _quadX] = _x1;
            var put = sharedWeight.SubView(_column * Stride + _cell);
            var step = _columnStep * Stride + _cellStep;
            put[0] = _c0;
            put[step] = _c1;
            put[2 * step] = _c2;
            put[3 * step] = _c3;
            put[4 * step] = _c4;
            put[5 * step] = _c5;
            put[6 * step] = _c6;
            put[7 * step] = _c7;
            if (TWeight.HasScales && Group.IdxX < 1 << ColumnShift)
            {
                sharedWeight[Group.IdxX * Stride + Stride - 1] = _scales;
            }
        }

        /// <summary>Zeros behind the last number of a row, <paramref name="steps"/> after the chunk's first: rows of
        /// float32 may end inside a cell with something else behind.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void MaskLast(int steps)
        {
            var left = steps - 4 * _cell;
            var step = 4 * _cellStep;
            _c0 = TWeight.LastCell(_c0, left);
            _c1 = TWeight.LastCell(_c1, left - step);
            _c2 = TWeight.LastCell(_c2, left - 2 * step);
            _c3 = TWeight.LastCell(_c3, left - 3 * step);
            _c4 = TWeight.LastCell(_c4, left - 4 * step);
            _c5 = TWeight.LastCell(_c5, left - 5 * step);
            _c6 = TWeight.LastCell(_c6, left - 6 * step);
            _c7 = TWeight.LastCell(_c7, left - 7 * step);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly Float4 ReadX(MatMulArgs<TEpilogue> args, int k, int row)
        {
            var left = _rowX + row < _rowsLeft ? args.K - k - (_quadX << 2) : 0;
            var start = _startX + row * args.X.Stride + k;
            return left >= 4
                ? TAccess.Load(args.X.Data, start, 1)
                : FloatCell.EdgeQuad(args.X.Data, start, left, 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly Words4 ReadCell(MatMulArgs<TEpilogue> args, int k, int round)
        {
            var column = _column + round * _columnStep;
            column = column < _lastColumn ? column : _lastColumn;
            return TWeight.Cell(
                args.Weight.Data,
                _startWeight + column * args.Weight.Stride,
                k + (_cell + round * _cellStep) * (4 * TWeight.QuadsOfCell),
                args.K,
                args.WeightColumnStride);
        }
    }
}
