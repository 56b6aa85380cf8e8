namespace GpuTransformer.Kernels;

/// <summary>Puts class tokens before the patches and adds positions: row b · (prefix + patches) + t of y is
/// (t &lt; prefix ? tokens[t] : patches[b · patches + t - prefix]) + positions[t].
/// <para>Shapes: patches (batch · patches, width), tokens (prefix, width), positions (prefix + patches, width), y (batch ·
/// (prefix + patches), width). A tile owns some whole rows of y.</para>
/// <para>Cost: 12 bytes an element.</para></summary>
internal unsafe struct TokenAssemblyCpu : ISimdTile
{
    internal struct Args
    {
        public RowPointer Patches;
        public RowPointer Tokens;
        public RowPointer Positions;
        public RowPointer Y;
        public RowCountPointer Images;
        public int PatchCount;
        public int PrefixCount;
        public int Width;

        public readonly int Rows => Images.Count * (PatchCount + PrefixCount);
    }

    public static CpuVariant<TokenAssemblyArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<TokenAssemblyArgs> ForWidth(int bits) =>
        SimdVariant.Of<TokenAssemblyCpu, TokenAssemblyArgs, Args>("assembly-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in TokenAssemblyArgs args) => new()
    {
        Patches = HostAddress.Of(args.Patches),
        Tokens = HostAddress.Of(args.Tokens),
        Positions = HostAddress.Of(args.Positions),
        Y = HostAddress.Of(args.Y),
        Images = HostAddress.Of(args.Images),
        PatchCount = args.PatchCount,
        PrefixCount = args.PrefixCount,
        Width = args.Width,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Rows, ((Args*)args)->Width);

    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var tokens = a.PatchCount + a.PrefixCount;
        var (first, end) = RowTiles.Of(tile, a.Rows, a.Width);
        for (var r = first; r < end; r++)
        {
            var (image, t) = Math.DivRem(r, tokens);
            var from = t < a.PrefixCount ? a.Tokens.Row(t) : a.Patches.Row(image * a.PatchCount + t - a.PrefixCount);
            AddCpu.Row<TSimd, TVector>(from, a.Positions.Row(t), a.Y.Row(r), a.Width);
        }
    }
}
