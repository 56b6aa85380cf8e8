using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Top-k with one group a row.
/// Computes: the k first elements of the row by value, then index, NaN last.
/// Shapes: x (rows, width), indices and values (rows, k).
/// Group: any size up to 1024; thread t owns columns t, t + threads, ... and keeps the first of them not yet taken. Each
/// round folds these over the group, and only the thread whose element was taken looks for its next.
/// Shared: two integers a thread and for 16 lanes, 8.3 KB. Barriers: two a round, one after the threads have written
/// theirs and one after 16 lanes have folded them; a round writes the first half again only after the second barrier.
/// Numerics: comparisons of integers, so the answer does not depend on any order.
/// Edges: a row with NaN leaves row + 1 in the status. Cost: one pass over the row and k - 1 over a thread's share.</summary>
internal static class TopKGroup
{
    public const int MostThreads = 1024;
    private const int Lanes = 16;

    public static void Kernel(TopKArgs args)
    {
        var row = Grid.IdxX;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var keys = SharedMemory.Allocate<int>(MostThreads + Lanes);
        var indices = SharedMemory.Allocate<int>(MostThreads + Lanes);
        var x = args.X.Offset + row * args.X.Stride;
        if (HasNaN(args, x))
        {
            Atomic.Max(ref args.Status[args.StatusSlot], row + 1);
        }

        var mine = Next(args, x, TopKElement.First);
        for (var rank = 0; rank < args.K; rank++)
        {
            var best = FirstOfGroup(keys, indices, mine);
            if (Group.IdxX == 0)
            {
                args.Indices[args.IndicesOffset + row * args.K + rank] = best.Index;
                args.Values[args.ValuesOffset + row * args.K + rank] = args.X.Data[x + best.Index];
            }

            if (mine.Index == best.Index)
            {
                mine = Next(args, x, best);
            }
        }

        GroupEnd.Join();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasNaN(in TopKArgs args, int x)
    {
        var found = false;
        for (var column = Group.IdxX; column < args.Width; column += Group.DimX)
        {
            found |= FastMath.IsNaN(args.X.Data[x + column]);
        }

        return found;
    }

    /// <summary>The thread's first element after <paramref name="last"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TopKElement Next(in TopKArgs args, int x, TopKElement last)
    {
        var best = TopKElement.None;
        var step = Group.DimX;
        var column = Group.IdxX;

        // Four reads under way at a time.
        for (; column + 3 * step < args.Width; column += 4 * step)
        {
            var value0 = args.X.Data[x + column];
            var value1 = args.X.Data[x + column + step];
            var value2 = args.X.Data[x + column + 2 * step];
            var value3 = args.X.Data[x + column + 3 * step];
            best = Fold(best, last, value0, column);
            best = Fold(best, last, value1, column + step);
            best = Fold(best, last, value2, column + 2 * step);
            best = Fold(best, last, value3, column + 3 * step);
        }

        for (; column < args.Width; column += step)
        {
            best = Fold(best, last, args.X.Data[x + column], column);
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TopKElement Fold(TopKElement best, TopKElement last, float value, int column)
    {
        var element = TopKElement.Of(value, column);
        return last.IsBefore(element) && element.IsBefore(best) ? element : best;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TopKElement FirstOfGroup(ArrayView<int> keys, ArrayView<int> indices, TopKElement mine)
    {
        keys[Group.IdxX] = mine.Key;
        indices[Group.IdxX] = mine.Index;
        Group.Barrier();
        if (Group.IdxX < Lanes)
        {
            var lane = mine;
            for (var i = Group.IdxX + Lanes; i < Group.DimX; i += Lanes)
            {
                var other = new TopKElement(keys[i], indices[i]);
                lane = other.IsBefore(lane) ? other : lane;
            }

            keys[MostThreads + Group.IdxX] = lane.Key;
            indices[MostThreads + Group.IdxX] = lane.Index;
        }

        Group.Barrier();
        var best = TopKElement.None;
        var lanes = Group.DimX < Lanes ? Group.DimX : Lanes;
        for (var i = 0; i < lanes; i++)
        {
            var other = new TopKElement(keys[MostThreads + i], indices[MostThreads + i]);
            best = other.IsBefore(best) ? other : best;
        }

        return best;
    }
}
