using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y = activation((x - mean) / √(variance + eps) · weight + bias [+ residual]), statistics of a channel.
/// <para>Shapes: x, y, residual [batch, channels, spatial]. A tile owns some whole planes (one channel of one image).</para>
/// <para>Cost: 8 bytes an element, 4 more for a residual; 3 flops and the activation.</para></summary>
internal unsafe struct BatchNormCpu : ISimdTile
{
    internal struct Args
    {
        public float* X;
        public float* Y;
        public float* Residual;
        public float* Weight;
        public float* Bias;
        public float* Mean;
        public float* Variance;
        public int Planes;
        public int Channels;
        public int Spatial;
        public float Epsilon;
        public int Activation;
    }

    public static CpuVariant<BatchNormArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<BatchNormArgs> ForWidth(int bits) =>
        SimdVariant.Of<BatchNormCpu, BatchNormArgs, Args>("batchnorm-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in BatchNormArgs args) => new()
    {
        X = HostAddress.Of(args.X, args.XOffset),
        Y = HostAddress.Of(args.Y, args.YOffset),
        Residual = args.HasResidual == 0 ? null : HostAddress.Of(args.Residual, args.ResidualOffset),
        Weight = HostAddress.Of(args.Weight),
        Bias = HostAddress.Of(args.Bias),
        Mean = HostAddress.Of(args.Mean),
        Variance = HostAddress.Of(args.Variance),
        Planes = args.Batch * args.Channels,
        Channels = args.Channels,
        Spatial = args.Spatial,
        Epsilon = args.Epsilon,
        Activation = args.Activation,
    };

    internal static int TileCount(void* args) => RowTiles.Count(((Args*)args)->Planes, ((Args*)args)->Spatial);

    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (first, end) = RowTiles.Of(tile, a.Planes, a.Spatial);
        for (var plane = first; plane < end; plane++)
        {
            var offset = (long)plane * a.Spatial;
            Plane<TSimd, TVector>(ref a, plane % a.Channels, offset);
            if (a.Activation != (int)ActivationKind.None)
            {
                ActivationCpu.Map<TSimd, TVector>(a.Y + offset, a.Y + offset, a.Spatial, a.Activation);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Plane<TSimd, TVector>(ref Args a, int channel, long offset)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var x = a.X + offset;
        var y = a.Y + offset;
        var residual = a.Residual == null ? null : a.Residual + offset;
        var mean = TSimd.Create(a.Mean[channel]);
        var factor = TSimd.Create(a.Weight[channel] / MathF.Sqrt(a.Variance[channel] + a.Epsilon));
        var bias = TSimd.Create(a.Bias[channel]);
        var i = 0;
        for (; i + TSimd.Lanes <= a.Spatial; i += TSimd.Lanes)
        {
            var value = TSimd.MultiplyAdd(TSimd.Subtract(TSimd.Load(x + i), mean), factor, bias);
            TSimd.Store(residual == null ? value : TSimd.Add(value, TSimd.Load(residual + i)), y + i);
        }

        var left = a.Spatial - i;
        if (left > 0)
        {
            var value = TSimd.MultiplyAdd(TSimd.Subtract(TSimd.LoadFirst(x + i, left), mean), factor, bias);
            value = residual == null ? value : TSimd.Add(value, TSimd.LoadFirst(residual + i, left));
            TSimd.StoreFirst(value, y + i, left);
        }
    }
}
