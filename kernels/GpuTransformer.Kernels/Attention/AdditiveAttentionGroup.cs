using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Additive attention, one group a query row: a thread scores whole keys, which come through shared memory so that
/// they are read side by side.</summary>
internal static class AdditiveAttentionGroup
{
    public const int MostThreads = 128;

    /// <summary>Columns that are staged at a time.</summary>
    private const int Columns = 16;
    private const int ColumnShift = 4;

    /// <summary>Odd, so that the threads of a warp read different banks.</summary>
    private const int Stride = Columns + 1;

    /// <remarks>
    /// Computes: weights = softmax(v · tanh(query + key)) over the keys of the sequence; output = weights · value.
    /// Shapes: query (batch · seqLenQ, width); key, value (batch · seqLenKv, width or valueWidth); v (width);
    /// weights (batch · seqLenQ, seqLenKv); output (batch · seqLenQ, valueWidth).
    /// Group: one query row; thread t scores keys t, t + Group.DimX, ..., then sums output columns t, t + Group.DimX, ...
    /// Shared: Group.DimX keys by 16 columns, 16 columns of query and v, a weight a thread, the reductions' scratch.
    /// Barriers: 2 a (tile of keys, 16 columns), 4 in the softmax, 2 a (tile of keys, tile of output columns).
    /// Numerics: scores sum the width in ascending order; the weights' sum is <see cref="GroupReduction"/>'s; outputs sum
    /// keys in ascending order.
    /// Edges: keys past the length get weight 0 and are not read; no keys give zeros.
    /// Cost: about 30 · width + 2 · valueWidth flops and 4 · (width + valueWidth) bytes a (row, key).
    /// </remarks>
    public static void Kernel(AdditiveAttentionArgs args)
    {
        var row = Grid.IdxX;
        var sequence = row / args.SeqLenQ;
        var keys = AdditiveAttentionRow.Keys(args, sequence);
        var firstKey = sequence * args.SeqLenKv;
        var keyTile = SharedMemory.Allocate<float>(MostThreads * Stride);
        var query = SharedMemory.Allocate<float>(Columns);
        var vector = SharedMemory.Allocate<float>(Columns);
        var weights = SharedMemory.Allocate<float>(MostThreads);
        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var max = float.NegativeInfinity;
        for (var start = 0; start < keys; start += Group.DimX)
        {
            var score = 0f;
            for (var column = 0; column < args.Width; column += Columns)
            {
                Group.Barrier();
                Stage(args, keyTile, query, vector, row, firstKey, start, keys, column);
                Group.Barrier();
                for (var i = 0; i < Columns; i++)
                {
                    score += vector[i] * FastMath.Tanh(query[i] + keyTile[Group.IdxX * Stride + i]);
                }
            }

            if (start + Group.IdxX < keys)
            {
                args.Weights[row, start + Group.IdxX] = score;
                max = GroupReduction.Larger(max, score);
            }
        }

        var shift = SoftmaxRow.Shift(GroupReduction.Max(scratch, max));
        var sum = 0f;
        for (var j = Group.IdxX; j < keys; j += Group.DimX)
        {
            var power = FastMath.Exp(args.Weights[row, j] - shift);
            args.Weights[row, j] = power;
            sum += power;
        }

        var inverse = SoftmaxRow.Inverse(GroupReduction.Sum(scratch, sum));
        for (var j = Group.IdxX; j < args.SeqLenKv; j += Group.DimX)
        {
            args.Weights[row, j] = j < keys ? args.Weights[row, j] * inverse : 0f;
        }

        for (var column = 0; column < args.ValueWidth; column += Group.DimX)
        {
            Sum(args, weights, row, firstKey, keys, column + Group.IdxX);
        }
    }

    /// <summary>Brings 16 columns of a tile of keys, the query and v into shared memory. Columns past the width become
    /// zeros, which add 0 · tanh(0).</summary>
    private static void Stage(
        in AdditiveAttentionArgs args, ArrayView<float> keyTile, ArrayView<float> query, ArrayView<float> vector,
        int row, int firstKey, int start, int keys, int firstColumn)
    {
        for (var i = Group.IdxX; i < Group.DimX << ColumnShift; i += Group.DimX)
        {
            var j = i >> ColumnShift;
            var column = i & (Columns - 1);
            var value = 0f;
            if (start + j < keys && firstColumn + column < args.Width)
            {
                value = args.Key[firstKey + start + j, firstColumn + column];
            }

            keyTile[j * Stride + column] = value;
        }

        for (var i = Group.IdxX; i < Columns; i += Group.DimX)
        {
            var inside = firstColumn + i < args.Width;
            query[i] = inside ? args.Query[row, firstColumn + i] : 0f;
            vector[i] = inside ? args.Vector[args.VectorOffset + firstColumn + i] : 0f;
        }
    }

    /// <summary>One output column a thread. The weights pass through shared memory, each from the thread that wrote it: a
    /// barrier does not order global memory on every device.</summary>
    private static void Sum(
        in AdditiveAttentionArgs args, ArrayView<float> weights, int row, int firstKey, int keys, int column)
    {
        var output = 0f;
        for (var start = 0; start < keys; start += Group.DimX)
        {
            Group.Barrier();
            if (start + Group.IdxX < keys)
            {
                weights[Group.IdxX] = args.Weights[row, start + Group.IdxX];
            }

            Group.Barrier();
            var count = keys - start < Group.DimX ? keys - start : Group.DimX;
            for (var j = 0; j < count && column < args.ValueWidth; j++)
            {
                output += weights[j] * args.Value[firstKey + start + j, column];
            }
        }

        if (column < args.ValueWidth)
        {
            args.Output[row, column] = output;
        }
    }
}
