using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y = cap · tanh(x / cap), element by element; y may be x.
/// <para>Shapes: x, y (rows, width). A tile owns some whole rows.</para>
/// <para>Numerics: <see cref="VectorMath"/>'s tanh; NaN stays NaN.</para>
/// <para>Cost: 8 bytes and about 20 flops an element.</para></summary>
internal unsafe struct SoftCapCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer X;
        public RowPointer Y;
        public RowCountPointer Rows;
        public int Width;
        public float Cap;
    }

    public static CpuVariant<SoftCapArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<SoftCapArgs> ForWidth(int bits) =>
        SimdVariant.Of<SoftCapCpu, SoftCapArgs, Args>("softcap-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in SoftCapArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Y = HostAddress.Of(args.Y),
        Rows = HostAddress.Of(args.Rows),
        Width = args.Width,
        Cap = args.Cap,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows.Count, ((Args*)args)->Width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var cap = TSimd.Create(a.Cap);
        var (first, end) = RowTiles.Of(tile, a.Rows.Count, a.Width);
        for (var r = first; r < end; r++)
        {
            var x = a.X.Row(r);
            var y = a.Y.Row(r);
            for (var i = 0; i < a.Width; i += TSimd.Lanes)
            {
                var left = a.Width - i;
                var value = left >= TSimd.Lanes ? TSimd.Load(x + i) : TSimd.LoadFirst(x + i, left);
                value = TSimd.Multiply(VectorMath.Tanh<TSimd, TVector>(TSimd.Divide(value, cap)), cap);
                if (left >= TSimd.Lanes)
                {
                    TSimd.Store(value, y + i);
                }
                else
                {
                    TSimd.StoreFirst(value, y + i, left);
                }
            }
        }
    }
}
