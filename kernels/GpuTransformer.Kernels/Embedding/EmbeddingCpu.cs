using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r] = scale · table[ids[r]] [+ positionTable[positions[r]]] [+ typeTable[typeIds[r]]].
/// <para>Shapes: table (vocabSize, width), y (rows, width). A tile owns some whole rows.</para>
/// <para>Edges: an id outside its table is read as row 0 and reported as row + 1, the largest such row.</para>
/// <para>Numerics: a stored row is widened exactly into scratch, then treated as a float32 row.</para>
/// <para>Cost: 8 bytes an element, 4 more for each further table.</para></summary>
internal unsafe struct EmbeddingCpu : ISimdTile
{
    internal struct Args
    {
        public int* Ids;
        public int* Positions;
        public int* TypeIds;
        public RowPointer Table;
        public StoredTable Stored;
        public RowPointer PositionTable;
        public RowPointer TypeTable;
        public RowPointer Y;
        public RowCountPointer Rows;
        public int* Status;
        public int VocabSize;
        public int MaxPositions;
        public int TypeVocabSize;
        public int Width;
        public float Scale;
    }

    public static CpuVariant<EmbeddingArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<EmbeddingArgs> ForWidth(int bits) =>
        SimdVariant.Of<EmbeddingCpu, EmbeddingArgs, Args>("embedding-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in EmbeddingArgs args) => new()
    {
        Ids = HostAddress.Of(args.Ids, args.IdsOffset),
        Positions = args.HasPositions == 0 ? null : HostAddress.Of(args.Positions, args.PositionsOffset),
        TypeIds = args.HasTypes == 0 ? null : HostAddress.Of(args.TypeIds, args.TypeIdsOffset),
        Table = HostAddress.Of(args.Table),
        PositionTable = args.HasPositions == 0 ? default : HostAddress.Of(args.PositionTable),
        TypeTable = args.HasTypes == 0 ? default : HostAddress.Of(args.TypeTable),
        Y = HostAddress.Of(args.Y),
        Rows = HostAddress.Of(args.Rows),
        Status = HostAddress.Of(args.Status, args.StatusSlot),
        VocabSize = args.VocabSize,
        MaxPositions = args.MaxPositions,
        TypeVocabSize = args.TypeVocabSize,
        Width = args.Width,
        Scale = args.Scale,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Width);
        var widened = a.Stored.Widen == null ? null : CpuScratch.Floats(a.Width);
        for (var r = first; r < end; r++)
        {
            var id = CpuStatus.Guard(a.Ids[r], a.VocabSize, a.Status, r);
            var token = widened;
            if (token == null)
            {
                token = a.Table.Row(id);
            }
            else
            {
                a.Stored.Widen(a.Stored.Rows + id * a.Stored.RowBytes, token, a.Width);
            }

            var position = a.Positions == null
                ? null : a.PositionTable.Row(CpuStatus.Guard(a.Positions[r], a.MaxPositions, a.Status, r));
            var type = a.TypeIds == null
                ? null : a.TypeTable.Row(CpuStatus.Guard(a.TypeIds[r], a.TypeVocabSize, a.Status, r));
            Row<TSimd, TVector>(token, position, type, a.Y.Row(r), a.Width, a.Scale);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TSimd, TVector>(float* token, float* position, float* type, float* y, int width, float scale)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var factor = TSimd.Create(scale);
        for (var i = 0; i < width; i += TSimd.Lanes)
        {
            var count = Math.Min(TSimd.Lanes, width - i);
            var value = TSimd.Multiply(Part<TSimd, TVector>(token + i, count), factor);
            value = position == null ? value : TSimd.Add(value, Part<TSimd, TVector>(position + i, count));
            value = type == null ? value : TSimd.Add(value, Part<TSimd, TVector>(type + i, count));
            if (count == TSimd.Lanes)
            {
                TSimd.Store(value, y + i);
            }
            else
            {
                TSimd.StoreFirst(value, y + i, count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Part<TSimd, TVector>(float* x, int count)
        where TSimd : ISimd<TVector>
        where TVector : struct => count == TSimd.Lanes ? TSimd.Load(x) : TSimd.LoadFirst(x, count);
}
