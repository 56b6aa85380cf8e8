using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>An operation whose every element of y comes from a few elements of its inputs, row by row.</summary>
/// <typeparam name="TArgs">The operation's arguments.</typeparam>
internal interface IRowMap<TArgs>
    where TArgs : struct
{
    /// <summary>Rows of y in use.</summary>
    static abstract int Rows(in TArgs args);

    /// <summary>Columns of y.</summary>
    static abstract int Width(in TArgs args);

    /// <summary>y.</summary>
    static abstract RowView Output(in TArgs args);

    /// <summary>Finds what the row reads; <paramref name="reports"/> is set in one thread of the row, which reports an
    /// index outside its table.</summary>
    void Begin(in TArgs args, int row, bool reports);

    /// <summary>One element of the row.</summary>
    float Element(in TArgs args, int column);

    /// <summary>Elements column to column + 3 of the row through 128-bit accesses; column is a multiple of four.</summary>
    Float4 Quad(in TArgs args, int column);

    /// <summary>The quads at column, column + step, column + 2 step and column + 3 step: all loads of one input are asked
    /// for before any is used, so that they are under way together.</summary>
    Float4x4 Quads(in TArgs args, int column, int step);
}

/// <summary>A row map with one thread an element: thread i of the grid owns column i mod width of row i / width.</summary>
internal static class RowMapNaive<TMap, TArgs>
    where TMap : struct, IRowMap<TArgs>
    where TArgs : struct
{
    public static void Kernel(TArgs args)
    {
        var index = Grid.IdxX * Group.DimX + Group.IdxX;
        var row = index / TMap.Width(args);
        var column = index - row * TMap.Width(args);

        // Below 0 is a thread beyond the largest integer, in the last group of the largest grid.
        if (index < 0 || row >= TMap.Rows(args))
        {
            return;
        }

        var map = default(TMap);
        map.Begin(args, row, column == 0);
        var y = TMap.Output(args);
        y.Data[y.Offset + row * y.Stride + column] = map.Element(args, column);
    }
}

/// <summary>A row map through 128-bit accesses, sixteen elements a thread.</summary>
internal static class RowMapVectors<TMap, TArgs>
    where TMap : struct, IRowMap<TArgs>
    where TArgs : struct
{
    /// <remarks>
    /// Group: (lanes, rows), as <see cref="RowMapGrid"/> cuts them; lane l of a row takes the quads l, l + lanes,
    /// l + 2 · lanes and l + 3 · lanes of a chunk of the row, which is Grid.IdxY. Shared: none. Barriers: none.
    /// Edges: a lane whose last quad is beyond the row goes quad by quad, and after the last whole one by one.
    /// Cost: 64 bytes of each input under way in a thread: with 1,024 threads on a multiprocessor 64 KB, of which an H200
    /// needs about 30.
    /// </remarks>
    public static void Kernel(TArgs args)
    {
        var row = Grid.IdxX * Group.DimY + Group.IdxY;
        if (row < 0 || row >= TMap.Rows(args))
        {
            return;
        }

        var map = default(TMap);
        map.Begin(args, row, Group.IdxX == 0 && Grid.IdxY == 0);
        var y = TMap.Output(args);
        var start = y.Offset + row * y.Stride;
        var width = TMap.Width(args);
        var step = Group.DimX << 2;

        // Unsigned: past the largest integer is past the row.
        for (var first = (Grid.IdxY * step << 2) + (Group.IdxX << 2); (uint)first < (uint)width; first += Grid.DimY * step << 2)
        {
            if (first + 3 * step + 4 <= width)
            {
                var quads = map.Quads(args, first, step);
                VectorAccess.Store(y.Data, start + first, quads.A);
                VectorAccess.Store(y.Data, start + first + step, quads.B);
                VectorAccess.Store(y.Data, start + first + 2 * step, quads.C);
                VectorAccess.Store(y.Data, start + first + 3 * step, quads.D);
            }
            else
            {
                StoreRest(y.Data, start, first, step, width, map, args);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRest(
        ArrayView<float> y, int start, int first, int step, int width, in TMap map, in TArgs args)
    {
        var end = first + 4 * step < width ? first + 4 * step : width;
        for (; first + 4 <= end; first += step)
        {
            VectorAccess.Store(y, start + first, map.Quad(args, first));
        }

        // At most one lane has a part of a quad.
        for (; first < end; first++)
        {
            y[start + first] = map.Element(args, first);
        }
    }
}

/// <summary>A row map at any address and width: neighbouring lanes take neighbouring elements, 32 bits each.</summary>
internal static class RowMapScalars<TMap, TArgs>
    where TMap : struct, IRowMap<TArgs>
    where TArgs : struct
{
    /// <remarks>
    /// Group: (lanes, rows), as <see cref="RowMapGrid"/> cuts them; lane l of a row takes the elements l, l + lanes,
    /// l + 2 · lanes and l + 3 · lanes of a chunk of the row, which is Grid.IdxY. Shared: none. Barriers: none.
    /// Cost: a warp reads and writes whole lines, 16 bytes of each input under way in a thread.
    /// </remarks>
    public static void Kernel(TArgs args)
    {
        var row = Grid.IdxX * Group.DimY + Group.IdxY;
        if (row < 0 || row >= TMap.Rows(args))
        {
            return;
        }

        var map = default(TMap);
        map.Begin(args, row, Group.IdxX == 0 && Grid.IdxY == 0);
        var y = TMap.Output(args);
        var start = y.Offset + row * y.Stride;
        var width = TMap.Width(args);
        var step = Group.DimX;
        for (var first = (Grid.IdxY * step << 2) + Group.IdxX; (uint)first < (uint)width; first += Grid.DimY * step << 2)
        {
            if (first + 3 * step < width)
            {
                var a = map.Element(args, first);
                var b = map.Element(args, first + step);
                var c = map.Element(args, first + 2 * step);
                var d = map.Element(args, first + 3 * step);
                y.Data[start + first] = a;
                y.Data[start + first + step] = b;
                y.Data[start + first + 2 * step] = c;
                y.Data[start + first + 3 * step] = d;
            }
            else
            {
                for (var column = first; column < width; column += step)
                {
                    y.Data[start + column] = map.Element(args, column);
                }
            }
        }
    }
}
