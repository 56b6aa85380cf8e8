using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Matmul for few rows, where reading the weight is the cost: one output a thread and long panels, so that each
/// group has many reads under way.
/// Computes: y[b] = epilogue(x[b] · weight[b]ᵀ).
/// Shapes: x (M, K), weight (N, K) or by column stride (K, N), y (M, N), each in a batch.
/// Group: 128 threads, 8 rows x 16 columns of one y; the grid counts these in x.
/// Shared: two buffers of x [8][132] and weight [16][132], 24.8 KB; a row is 128 steps of k and padding against bank
/// conflicts.
/// Barriers: one for 128 steps of k; while one buffer is multiplied the next is read into registers.
/// Numerics: one float32 accumulator an output, k ascending; the same bits as the tiles of MatMulGroupTile.
/// Edges: as there. Cost: 2 M N K flops; the weight is read M / 8 times, once for one to eight rows.</summary>
internal static class MatMulGroupSkinny<TAccess, TEpilogue>
    where TAccess : struct, IQuadAccess
    where TEpilogue : struct, IEpilogue
{
    public const int Threads = 128;
    public const int RowShift = 3;
    public const int ColumnShift = 4;
    public const int SharedBytes = 2 * (RowsOfX + RowsOfWeight) * Stride * 16;
    private const int RowsOfX = 1 << RowShift;
    private const int RowsOfWeight = 1 << ColumnShift;
    private const int TileK = 128;
    private const int QuadsOfRow = TileK / 4;
    private const int Stride = QuadsOfRow + 1;
    private const int BufferX = RowsOfX * Stride;
    private const int BufferWeight = RowsOfWeight * Stride;

    public static void Kernel(MatMulArgs<TEpilogue> args)
    {
        var rows = args.Rows.Count;
        var place = MatMulPlace.Of(args.Rows.Capacity, args.N, RowShift, ColumnShift);
        if (place.FirstRow >= rows)
        {
            return;
        }

        // Four rows of 32 threads read x; neighbours read along k, or along n where the weight is (K, N).
        var thread = Group.IdxX;
        var rowX = thread >> 5;
        var quadX = thread & (QuadsOfRow - 1);
        var x = new Panel(
            args.X, place.Batch * args.XBatchStride, args.X.Stride, 1, place.FirstRow, rows, quadX);
        var alongK = args.WeightColumnStride == 1;
        var rowWeight = alongK ? rowX : thread & (RowsOfWeight - 1);
        var quadWeight = alongK ? quadX : thread >> ColumnShift;
        var rowStep = alongK ? 4 : 0;
        var quadStep = alongK ? 0 : 8;
        var weight = new Panel(
            args.Weight,
            place.Batch * args.WeightBatchStride,
            args.Weight.Stride,
            args.WeightColumnStride,
            place.FirstColumn,
            args.N,
            quadWeight);

        var sharedX = SharedMemory.Allocate<Float4>(2 * BufferX);
        var sharedWeight = SharedMemory.Allocate<Float4>(2 * BufferWeight);
        var row = thread >> ColumnShift;
        var column = thread & (RowsOfWeight - 1);
        var sum = 0f;
        var bufferX = 0;
        var bufferWeight = 0;
        var x0 = x.Read(rowX, 0, 0, args.K);
        var x1 = x.Read(rowX + 4, 0, 0, args.K);
        var w0 = weight.Read(rowWeight, 0, 0, args.K);
        var w1 = weight.Read(rowWeight + rowStep, quadStep, 0, args.K);
        var w2 = weight.Read(rowWeight + 2 * rowStep, 2 * quadStep, 0, args.K);
        var w3 = weight.Read(rowWeight + 3 * rowStep, 3 * quadStep, 0, args.K);
        for (var k = TileK; ; k += TileK)
        {
            var putX = sharedX.SubView(bufferX + rowX * Stride + quadX);
            putX[0] = x0;
            putX[4 * Stride] = x1;
            var step = rowStep * Stride + quadStep;
            var putWeight = sharedWeight.SubView(bufferWeight + rowWeight * Stride + quadWeight);
            putWeight[0] = w0;
            putWeight[step] = w1;
            putWeight[2 * step] = w2;
            putWeight[3 * step] = w3;
            Group.Barrier();

            var more = k < args.K;
            if (more)
            {
                x0 = x.Read(rowX, 0, k, args.K);
                x1 = x.Read(rowX + 4, 0, k, args.K);
                w0 = weight.Read(rowWeight, 0, k, args.K);
                w1 = weight.Read(rowWeight + rowStep, quadStep, k, args.K);
                w2 = weight.Read(rowWeight + 2 * rowStep, 2 * quadStep, k, args.K);
                w3 = weight.Read(rowWeight + 3 * rowStep, 3 * quadStep, k, args.K);
            }

            sum = MultiplyAdd(
                sum, sharedX.SubView(bufferX + row * Stride), sharedWeight.SubView(bufferWeight + column * Stride));
            if (!more)
            {
                break;
            }

            // The other buffer was last read before the barrier above.
            bufferX = BufferX - bufferX;
            bufferWeight = BufferWeight - bufferWeight;
        }

        row += place.FirstRow;
        column += place.FirstColumn;
        if (row < rows && column < args.N)
        {
            args.Y.Data[args.Y.Offset + place.Batch * args.YBatchStride + row * args.Y.Stride + column] =
                args.Epilogue.Apply(sum, place.Batch * args.Rows.Capacity + row, column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float MultiplyAdd(float sum, ArrayView<Float4> x, ArrayView<Float4> weight)
    {
        for (var quad = 0; quad < QuadsOfRow; quad += 2)
        {
            var x0 = x[quad];
            var w0 = weight[quad];
            var x1 = x[quad + 1];
            var w1 = weight[quad + 1];
            sum += x0.X * w0.X;
            sum += x0.Y * w0.Y;
            sum += x0.Z * w0.Z;
            sum += x0.W * w0.W;
            sum += x1.X * w1.X;
            sum += x1.Y * w1.Y;
            sum += x1.Z * w1.Z;
            sum += x1.W * w1.W;
        }

        return sum;
    }

    /// <summary>Reads the rows of one matrix that the group needs, those beyond the matrix as its last.</summary>
    private readonly struct Panel
    {
        private readonly ArrayView<float> _data;
        private readonly int _start;
        private readonly int _rowStride;
        private readonly int _step;
        private readonly int _lastRow;
        private readonly int _quad;

        public Panel(RowView matrix, int batchOffset, int rowStride, int step, int firstRow, int rows, int quad)
        {
            _data = matrix.Data;
            _start = matrix.Offset + batchOffset + firstRow * rowStride;
            _rowStride = rowStride;
            _step = step;
            _lastRow = rows - 1 - firstRow;
            _quad = quad;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Float4 Read(int row, int quadOffset, int k, int lengthK)
        {
            var line = row < _lastRow ? row : _lastRow;
            return new QuadReader(_data, _start + line * _rowStride, _step, _quad + quadOffset)
                .Read<TAccess>(k, TileK, lengthK);
        }
    }
}
