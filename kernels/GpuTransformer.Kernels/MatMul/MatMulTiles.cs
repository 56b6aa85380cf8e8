using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>A square tile of y that one group owns, with one thread's accumulators as named fields: ILGPU keeps fields in
/// registers and arrays in memory. Panels in shared memory are [TileK][Tile + 4], the padding against bank conflicts.</summary>
internal interface IMatMulTile
{
    /// <summary>Rows and columns of y that a group owns, a power of two; TileShift is its logarithm.</summary>
    static abstract int Tile { get; }

    static abstract int TileShift { get; }

    /// <summary>Steps of k held in shared memory at a time: 4 · 2^QuadShift.</summary>
    static abstract int TileK { get; }

    static abstract int QuadShift { get; }

    /// <summary>Threads: one 128-bit load of x and one of the weight each per TileK, so Tile · TileK / 4.</summary>
    static abstract int Threads { get; }

    /// <summary>2^ThreadShift threads stand side by side over the columns.</summary>
    static abstract int ThreadShift { get; }

    /// <summary>A panel in 128-bit words: TileK · (Tile + 4) / 4.</summary>
    static abstract int PanelQuads { get; }

    /// <summary>Groups of four accumulators of a thread.</summary>
    static abstract int Quads { get; }

    /// <summary>Row of accumulators <paramref name="quad"/> inside the tile, for the thread in row <paramref name="ty"/>.</summary>
    static abstract int RowOf(int ty, int quad);

    /// <summary>First column of accumulators <paramref name="quad"/> inside the tile.</summary>
    static abstract int ColumnOf(int tx, int quad);

    /// <summary>One TileK of the sums, k ascending; the panels start at the thread's first row and column.</summary>
    void MultiplyAdd(ArrayView<Float4> x, ArrayView<Float4> weight);

    /// <summary>Accumulators <paramref name="quad"/>; the choice is the same for the whole group.</summary>
    Float4 Sums(int quad);
}

/// <summary>128 x 128 x 8, 256 threads with 8 x 8 sums each: 4 reads of shared memory for 64 multiply-adds.</summary>
internal struct MatMulTile128 : IMatMulTile
{
    private const int Stride = (128 + 4) / 4;
    private const int Half = 64 / 4;
    private Sums8 _r0;
    private Sums8 _r1;
    private Sums8 _r2;
    private Sums8 _r3;
    private Sums8 _r4;
    private Sums8 _r5;
    private Sums8 _r6;
    private Sums8 _r7;

    public static int Tile => 128;

    public static int TileShift => 7;

    public static int TileK => 8;

    public static int QuadShift => 1;

    public static int Threads => 256;

    public static int ThreadShift => 4;

    public static int PanelQuads => 8 * Stride;

    public static int Quads => 16;

    public static int RowOf(int ty, int quad) => ((quad >> 3) << 6) + (ty << 2) + ((quad >> 1) & 3);

    public static int ColumnOf(int tx, int quad) => ((quad & 1) << 6) + (tx << 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(ArrayView<Float4> x, ArrayView<Float4> weight)
    {
        Step(x, weight, 0);
        Step(x, weight, 1);
        Step(x, weight, 2);
        Step(x, weight, 3);
        Step(x, weight, 4);
        Step(x, weight, 5);
        Step(x, weight, 6);
        Step(x, weight, 7);
    }

    public readonly Float4 Sums(int quad) => (quad >> 1) switch
    {
        0 => _r0.Half(quad & 1),
        1 => _r1.Half(quad & 1),
        2 => _r2.Half(quad & 1),
        3 => _r3.Half(quad & 1),
        4 => _r4.Half(quad & 1),
        5 => _r5.Half(quad & 1),
        6 => _r6.Half(quad & 1),
        _ => _r7.Half(quad & 1),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Step(ArrayView<Float4> x, ArrayView<Float4> weight, int k)
    {
        var x0 = x[k * Stride];
        var x1 = x[k * Stride + Half];
        var w0 = weight[k * Stride];
        var w1 = weight[k * Stride + Half];
        _r0.MultiplyAdd(x0.X, w0, w1);
        _r1.MultiplyAdd(x0.Y, w0, w1);
        _r2.MultiplyAdd(x0.Z, w0, w1);
        _r3.MultiplyAdd(x0.W, w0, w1);
        _r4.MultiplyAdd(x1.X, w0, w1);
        _r5.MultiplyAdd(x1.Y, w0, w1);
        _r6.MultiplyAdd(x1.Z, w0, w1);
        _r7.MultiplyAdd(x1.W, w0, w1);
    }
}

/// <summary>64 x 64 x 8, 128 threads with 8 x 4 sums each: four times the groups of the larger tile, for shapes that
/// would leave multiprocessors without work.</summary>
internal struct MatMulTile64 : IMatMulTile
{
    private const int Stride = (64 + 4) / 4;
    private const int Half = 32 / 4;
    private Sums4 _r0;
    private Sums4 _r1;
    private Sums4 _r2;
    private Sums4 _r3;
    private Sums4 _r4;
    private Sums4 _r5;
    private Sums4 _r6;
    private Sums4 _r7;

    public static int Tile => 64;

    public static int TileShift => 6;

    public static int TileK => 8;

    public static int QuadShift => 1;

    public static int Threads => 128;

    public static int ThreadShift => 4;

    public static int PanelQuads => 8 * Stride;

    public static int Quads => 8;

    public static int RowOf(int ty, int quad) => ((quad >> 2) << 5) + (ty << 2) + (quad & 3);

    public static int ColumnOf(int tx, int quad) => tx << 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(ArrayView<Float4> x, ArrayView<Float4> weight)
    {
        Step(x, weight, 0);
        Step(x, weight, 1);
        Step(x, weight, 2);
        Step(x, weight, 3);
        Step(x, weight, 4);
        Step(x, weight, 5);
        Step(x, weight, 6);
        Step(x, weight, 7);
    }

    public readonly Float4 Sums(int quad) => quad switch
    {
        0 => _r0.Sums,
        1 => _r1.Sums,
        2 => _r2.Sums,
        3 => _r3.Sums,
        4 => _r4.Sums,
        5 => _r5.Sums,
        6 => _r6.Sums,
        _ => _r7.Sums,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Step(ArrayView<Float4> x, ArrayView<Float4> weight, int k)
    {
        var x0 = x[k * Stride];
        var x1 = x[k * Stride + Half];
        var w = weight[k * Stride];
        _r0.MultiplyAdd(x0.X, w);
        _r1.MultiplyAdd(x0.Y, w);
        _r2.MultiplyAdd(x0.Z, w);
        _r3.MultiplyAdd(x0.W, w);
        _r4.MultiplyAdd(x1.X, w);
        _r5.MultiplyAdd(x1.Y, w);
        _r6.MultiplyAdd(x1.Z, w);
        _r7.MultiplyAdd(x1.W, w);
    }
}

/// <summary>16 x 16 x 4, 16 threads with 4 x 4 sums each: for devices whose groups are small.</summary>
internal struct MatMulTile16 : IMatMulTile
{
    private const int Stride = (16 + 4) / 4;
    private Sums4 _r0;
    private Sums4 _r1;
    private Sums4 _r2;
    private Sums4 _r3;

    public static int Tile => 16;

    public static int TileShift => 4;

    public static int TileK => 4;

    public static int QuadShift => 0;

    public static int Threads => 16;

    public static int ThreadShift => 2;

    public static int PanelQuads => 4 * Stride;

    public static int Quads => 4;

    public static int RowOf(int ty, int quad) => (ty << 2) + quad;

    public static int ColumnOf(int tx, int quad) => tx << 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(ArrayView<Float4> x, ArrayView<Float4> weight)
    {
        Step(x, weight, 0);
        Step(x, weight, 1);
        Step(x, weight, 2);
        Step(x, weight, 3);
    }

    public readonly Float4 Sums(int quad) => quad switch
    {
        0 => _r0.Sums,
        1 => _r1.Sums,
        2 => _r2.Sums,
        _ => _r3.Sums,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Step(ArrayView<Float4> x, ArrayView<Float4> weight, int k)
    {
        var x0 = x[k * Stride];
        var w = weight[k * Stride];
        _r0.MultiplyAdd(x0.X, w);
        _r1.MultiplyAdd(x0.Y, w);
        _r2.MultiplyAdd(x0.Z, w);
        _r3.MultiplyAdd(x0.W, w);
    }
}

/// <summary>Sums of one row and four columns.</summary>
internal struct Sums4
{
    public Float4 Sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(float x, Float4 w)
    {
        Sums.X += x * w.X;
        Sums.Y += x * w.Y;
        Sums.Z += x * w.Z;
        Sums.W += x * w.W;
    }
}

/// <summary>Sums of one row and twice four columns.</summary>
internal struct Sums8
{
    private Sums4 _low;
    private Sums4 _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(float x, Float4 w0, Float4 w1)
    {
        _low.MultiplyAdd(x, w0);
        _high.MultiplyAdd(x, w1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Half(int half) => half == 0 ? _low.Sums : _high.Sums;
}
