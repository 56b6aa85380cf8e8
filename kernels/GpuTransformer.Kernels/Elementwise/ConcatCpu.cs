using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r] = [a[r], b[r]], columns side by side.
/// <para>Shapes: a (rows, widthA), b (rows, widthB), y (rows, widthA + widthB). A tile owns some whole rows.</para>
/// <para>Cost: 8 bytes an element.</para></summary>
internal static unsafe class ConcatCpu
{
    internal struct Args
    {
        public RowPointer A;
        public RowPointer B;
        public RowPointer Y;
        public RowCountPointer Rows;
        public int WidthA;
        public int WidthB;
    }

    public static CpuVariant<ConcatArgs> Variant { get; } =
        new CpuVariant<ConcatArgs, Args>("concat-cpu", Convert, &TileCount, &Tile);

    internal static Args Convert(in ConcatArgs args) => new()
    {
        A = HostAddress.Of(args.A),
        B = HostAddress.Of(args.B),
        Y = HostAddress.Of(args.Y),
        Rows = HostAddress.Of(args.Rows),
        WidthA = args.WidthA,
        WidthB = args.WidthB,
    };

    internal static int TileCount(void* args)
    {
        ref var a = ref *(Args*)args;
        return RowTiles.Count(a.Rows.Count, a.WidthA + a.WidthB);
    }

    internal static void Tile(void* args, int tile)
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.WidthA + a.WidthB);
        for (var r = first; r < end; r++)
        {
            Unsafe.CopyBlockUnaligned(a.Y.Row(r), a.A.Row(r), (uint)a.WidthA * sizeof(float));
            Unsafe.CopyBlockUnaligned(a.Y.Row(r) + a.WidthA, a.B.Row(r), (uint)a.WidthB * sizeof(float));
        }
    }
}
