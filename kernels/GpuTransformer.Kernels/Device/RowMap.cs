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

    /// <summary>Elements column to column + 3 of the row; with 128-bit accesses column is a multiple of four.</summary>
    Float4 Quad<TAccess>(in TArgs args, int column)
        where TAccess : struct, IQuadAccess;
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

/// <summary>A row map with one group a row and four elements a thread at a time; no shared memory, no barriers. The
/// columns beyond the last multiple of four are done one by one.</summary>
internal static class RowMapGroup<TMap, TAccess, TArgs>
    where TMap : struct, IRowMap<TArgs>
    where TAccess : struct, IQuadAccess
    where TArgs : struct
{
    public static void Kernel(TArgs args)
    {
        var row = Grid.IdxX;
        if (row >= TMap.Rows(args))
        {
            return;
        }

        var map = default(TMap);
        map.Begin(args, row, Group.IdxX == 0);
        var y = TMap.Output(args);
        var start = y.Offset + row * y.Stride;
        var width = TMap.Width(args);
        for (var column = Group.IdxX << 2; column < width; column += Group.DimX << 2)
        {
            if (column + 4 <= width)
            {
                TAccess.Store(y.Data, start + column, map.Quad<TAccess>(args, column));
            }
            else
            {
                StoreRest(y.Data, start, column, width, map, args);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRest(ArrayView<float> y, int start, int column, int width, TMap map, in TArgs args)
    {
        for (; column < width; column++)
        {
            y[start + column] = map.Element(args, column);
        }
    }
}

/// <summary>The three kernel variants of a row map, which every such operation has.</summary>
internal static class RowMapVariants<TMap, TArgs>
    where TMap : struct, IRowMap<TArgs>
    where TArgs : struct
{
    /// <summary>Two 128-bit accesses a thread, so that some are always under way.</summary>
    private const int ElementsPerThread = 8;

    private const int MostThreads = 256;

    /// <param name="name">The operation's name in variant names.</param>
    /// <param name="capacity">The most rows of y.</param>
    /// <param name="aligned">Whether every quad of every view starts at a multiple of 16 bytes.</param>
    public static Variant<TArgs>[] Table(
        string name, ArgsFunction<TArgs, int> capacity, ArgsFunction<TArgs, bool> aligned) =>
    [
        new KernelVariant<TArgs>(
            $"{name}-naive",
            VariantKind.Naive,
            RowMapNaive<TMap, TArgs>.Kernel,
            traits => (in TArgs args) => RowGrid.ThreadPerItem(traits, (long)capacity(args) * TMap.Width(args))),
        new KernelVariant<TArgs>(
            $"{name}-rows-scalar",
            VariantKind.Group,
            RowMapGroup<TMap, ScalarAccess, TArgs>.Kernel,
            traits => (in TArgs args) => Grid(traits, capacity(args), TMap.Width(args))),
        new KernelVariant<TArgs>(
            $"{name}-rows",
            VariantKind.Group,
            RowMapGroup<TMap, VectorAccess, TArgs>.Kernel,
            traits => (in TArgs args) => Grid(traits, capacity(args), TMap.Width(args)),
            (DeviceTraits traits, in TArgs args) => aligned(args)),
    ];

    private static KernelConfig Grid(DeviceTraits traits, int rows, int width) =>
        RowGrid.GroupPerRow(traits, rows, width, ElementsPerThread, MostThreads);
}
