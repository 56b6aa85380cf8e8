using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r] = x[indices[r]].
/// <para>Shapes: x (sourceRows, width), y (rows, width). A tile owns some whole rows of y.</para>
/// <para>Edges: an index outside is read as row 0 and reported as row + 1, the largest such row.</para>
/// <para>Cost: 8 bytes an element.</para></summary>
internal static unsafe class GatherCpu
{
    internal struct Args
    {
        public RowPointer X;
        public RowPointer Y;
        public int* Indices;
        public int* Status;
        public RowCountPointer Rows;
        public int SourceRows;
        public int Width;
    }

    public static CpuVariant<GatherArgs> Variant { get; } =
        new CpuVariant<GatherArgs, Args>("gather-cpu", Convert, &TileCount, &Tile);

    internal static Args Convert(in GatherArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Y = HostAddress.Of(args.Y),
        Indices = HostAddress.Of(args.Indices, args.IndicesOffset),
        Status = HostAddress.Of(args.Status, args.StatusSlot),
        Rows = HostAddress.Of(args.Rows),
        SourceRows = args.SourceRows,
        Width = args.Width,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Width);

    internal static void Tile(void* args, int tile)
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Width);
        for (var r = first; r < end; r++)
        {
            var from = a.X.Row(CpuStatus.Guard(a.Indices[r], a.SourceRows, a.Status, r));
            Unsafe.CopyBlockUnaligned(a.Y.Row(r), from, (uint)a.Width * sizeof(float));
        }
    }
}
