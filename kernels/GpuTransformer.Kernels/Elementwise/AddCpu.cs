using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y = a + b, element by element; y may be a or b.
/// <para>Shapes: a, b, y (rows, width). A tile owns some whole rows.</para>
/// <para>Cost: 12 bytes an element.</para></summary>
internal unsafe struct AddCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer A;
        public RowPointer B;
        public RowPointer Y;
        public RowCountPointer Rows;
        public int Width;
    }

    public static CpuVariant<AddArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<AddArgs> ForWidth(int bits) =>
        SimdVariant.Of<AddCpu, AddArgs, Args>("add-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in AddArgs args) => new()
    {
        A = HostAddress.Of(args.A),
        B = HostAddress.Of(args.B),
        Y = HostAddress.Of(args.Y),
        Rows = HostAddress.Of(args.Rows),
        Width = args.Width,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Width);

    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Width);
        for (var r = first; r < end; r++)
        {
            Row<TSimd, TVector>(a.A.Row(r), a.B.Row(r), a.Y.Row(r), a.Width);
        }
    }

    /// <summary>y = a + b over one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row<TSimd, TVector>(float* a, float* b, float* y, int width)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var i = 0;
        for (; i + TSimd.Lanes <= width; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Add(TSimd.Load(a + i), TSimd.Load(b + i)), y + i);
        }

        if (i < width)
        {
            var left = width - i;
            TSimd.StoreFirst(TSimd.Add(TSimd.LoadFirst(a + i, left), TSimd.LoadFirst(b + i, left)), y + i, left);
        }
    }
}
