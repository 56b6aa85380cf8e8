using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Attention weights over heads and positions together, one thread group a query.</summary>
internal static class SpatialAttentionGroup
{
    public const int MostThreads = 256;

    /// <remarks>
    /// Computes: y[(query, position), head] = softmax(scale · q·k) over all (position, head) of the query.
    /// Shapes: q (images · queries, numHeads · headDim), k (keyRows, the same), y (images · queries · positions, numHeads).
    /// Group: one query; thread t takes elements t, t + Group.DimX, ... of (position, head), and reads what it wrote.
    /// Shared: the reductions' scratch. Barriers: 4.
    /// Numerics: the maximum first; each thread sums in ascending order, then <see cref="GroupReduction"/>'s order.
    /// Edges: a position without a key gives zeros. Cost: 2 · headDim + 40 flops and 24 bytes an element of y.
    /// </remarks>
    public static void Kernel(SpatialAttentionArgs args)
    {
        var row = Grid.IdxX;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var first = row * args.Positions;
        var elements = args.Positions * args.NumHeads;
        var table = row / args.Queries * args.Positions;

        // A thread's step in positions and heads, so that no loop divides.
        var stepPositions = Group.DimX / args.NumHeads;
        var stepHeads = Group.DimX - stepPositions * args.NumHeads;
        var startPosition = Group.IdxX / args.NumHeads;
        var startHead = Group.IdxX - startPosition * args.NumHeads;
        var position = startPosition;
        var head = startHead;
        var max = float.NegativeInfinity;
        for (var i = Group.IdxX; i < elements; i += Group.DimX)
        {
            var key = args.KeyTable[table + position];
            var score = (uint)key < (uint)args.KeyRows ? Score(args, row, key, head) : float.NegativeInfinity;
            args.Y[first + position, head] = score;
            max = GroupReduction.Larger(max, score);
            Advance(args.NumHeads, stepPositions, stepHeads, ref position, ref head);
        }

        var shift = SoftmaxRow.Shift(GroupReduction.Max(scratch, max));
        var sum = 0f;
        position = startPosition;
        head = startHead;
        for (var i = Group.IdxX; i < elements; i += Group.DimX)
        {
            var power = FastMath.Exp(args.Y[first + position, head] - shift);
            args.Y[first + position, head] = power;
            sum += power;
            Advance(args.NumHeads, stepPositions, stepHeads, ref position, ref head);
        }

        var inverse = SoftmaxRow.Inverse(GroupReduction.Sum(scratch, sum));
        position = startPosition;
        head = startHead;
        for (var i = Group.IdxX; i < elements; i += Group.DimX)
        {
            args.Y[first + position, head] *= inverse;
            Advance(args.NumHeads, stepPositions, stepHeads, ref position, ref head);
        }

        GroupEnd.Join();
    }

    private static void Advance(int numHeads, int stepPositions, int stepHeads, ref int position, ref int head)
    {
        position += stepPositions;
        head += stepHeads;
        if (head >= numHeads)
        {
            head -= numHeads;
            position++;
        }
    }

    /// <summary>scale · q·k of a head, columns ascending, four loads of each under way.</summary>
    private static float Score(in SpatialAttentionArgs args, int row, int key, int head)
    {
        var q = args.Query.Offset + row * args.Query.Stride + head * args.HeadDim;
        var k = args.Key.Offset + key * args.Key.Stride + head * args.HeadDim;
        var sum = 0f;
        var d = 0;
        for (; d + 4 <= args.HeadDim; d += 4)
        {
            var query = ScalarAccess.Load(args.Query.Data, q + d, 1);
            var keys = ScalarAccess.Load(args.Key.Data, k + d, 1);
            sum += query.X * keys.X;
            sum += query.Y * keys.Y;
            sum += query.Z * keys.Z;
            sum += query.W * keys.W;
        }

        for (; d < args.HeadDim; d++)
        {
            sum += args.Query.Data[q + d] * args.Key.Data[k + d];
        }

        return sum * args.Scale;
    }
}
