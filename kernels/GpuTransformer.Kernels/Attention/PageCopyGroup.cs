using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Copies pages, a few groups a copy, 128 bits an access.</summary>
internal static class PageCopyGroup
{
    public const int MostThreads = 128;

    /// <summary>Fours of keys and of values that a thread copies.</summary>
    private const int ThreadFours = 4;

    /// <remarks>
    /// Computes: keys[to] = keys[from], values[to] = values[from] for each copy.
    /// Shapes: keys, values (pages, pageElements), pageElements a multiple of 4.
    /// Group: 4 · Group.DimX fours (Grid.y) of one copy (Grid.x). Shared: none. Barriers: none. Numerics: a copy.
    /// Edges: a copy from or to a page outside the views is passed over.
    /// Cost: 16 bytes an element. Limit: memory; 8 loads of 16 bytes are under way in each thread.
    /// </remarks>
    public static void Kernel(PageCopyArgs args)
    {
        var copy = Grid.IdxX;
        if (copy >= args.Copies.Count)
        {
            return;
        }

        var from = args.CopyTable[2 * copy];
        var to = args.CopyTable[2 * copy + 1];
        if ((uint)from >= (uint)args.Pages || (uint)to >= (uint)args.Pages)
        {
            return;
        }

        var fours = args.PageElements >> 2;
        var first = Grid.IdxY * ThreadFours * Group.DimX + Group.IdxX;
        var source = from * fours;
        var destination = to * fours;
        var keys = args.Keys.Cast<Float4>();
        var values = args.Values.Cast<Float4>();
        var a = Load(keys, source, first, fours);
        var b = Load(keys, source, first + Group.DimX, fours);
        var c = Load(keys, source, first + 2 * Group.DimX, fours);
        var d = Load(keys, source, first + 3 * Group.DimX, fours);
        var e = Load(values, source, first, fours);
        var f = Load(values, source, first + Group.DimX, fours);
        var g = Load(values, source, first + 2 * Group.DimX, fours);
        var h = Load(values, source, first + 3 * Group.DimX, fours);
        Store(keys, destination, first, fours, a);
        Store(keys, destination, first + Group.DimX, fours, b);
        Store(keys, destination, first + 2 * Group.DimX, fours, c);
        Store(keys, destination, first + 3 * Group.DimX, fours, d);
        Store(values, destination, first, fours, e);
        Store(values, destination, first + Group.DimX, fours, f);
        Store(values, destination, first + 2 * Group.DimX, fours, g);
        Store(values, destination, first + 3 * Group.DimX, fours, h);
    }

    /// <summary>Groups for the elements of a page.</summary>
    public static int Parts(int pageElements, int threads) => (pageElements / 4 + ThreadFours * threads - 1) / (ThreadFours * threads);

    private static Float4 Load(ArrayView<Float4> data, int start, int place, int fours) =>
        data[start + (place < fours ? place : 0)];

    private static void Store(ArrayView<Float4> data, int start, int place, int fours, Float4 value)
    {
        if (place < fours)
        {
            data[start + place] = value;
        }
    }
}
