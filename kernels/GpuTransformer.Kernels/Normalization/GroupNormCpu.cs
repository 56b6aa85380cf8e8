using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y = activation((x - mean) / √(variance + eps) · weight + bias), statistics of a group of channels of
/// an image.
/// <para>Shapes: x, y (images · spatial, channels). A tile owns one group of channels of one image, or as many as make a cache
/// line.</para>
/// <para>Numerics: the mean first, then the squares of the differences; a channel's sum over 64 pixels is float32, the sum
/// of those is float64. Cost: 8 flops and 12 + 4 bytes an element.</para></summary>
internal unsafe struct GroupNormCpu : ISimdTile
{
    /// <summary>Pixels that are summed in float32.</summary>
    private const int Chunk = 64;

    /// <summary>Channels that a tile has where groups are narrower: a cache line.</summary>
    private const int BundleWidth = 16;

    internal struct Args
    {
        public RowPointer X;
        public RowPointer Y;
        public float* Weight;
        public float* Bias;
        public RowCountPointer Images;
        public int Spatial;
        public int Groups;
        public int GroupsPerBundle;
        public int Width;
        public float Epsilon;
        public int Activation;

        /// <summary>Tiles of an image: groups that fill a register together.</summary>
        public readonly int Bundles => (Groups + GroupsPerBundle - 1) / GroupsPerBundle;
    }

    public static CpuVariant<GroupNormArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<GroupNormArgs> ForWidth(int bits) =>
        SimdVariant.Of<GroupNormCpu, GroupNormArgs, Args>("groupnorm-cpu", bits, Convert, &TileCount);

    internal static Args Convert(in GroupNormArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Y = HostAddress.Of(args.Y),
        Weight = HostAddress.Of(args.Weight),
        Bias = HostAddress.Of(args.Bias),
        Images = HostAddress.Of(args.Images),
        Spatial = args.Spatial,
        Groups = args.Groups,
        GroupsPerBundle = Math.Max(1, BundleWidth * args.Groups / args.Channels),
        Width = args.Channels / args.Groups,
        Epsilon = args.Epsilon,
        Activation = args.Activation,
    };

    internal static int TileCount(void* args) => ((Args*)args)->Images.Count * ((Args*)args)->Bundles;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (image, bundle) = Math.DivRem(tile, a.Bundles);
        var firstGroup = bundle * a.GroupsPerBundle;
        var groups = Math.Min(a.GroupsPerBundle, a.Groups - firstGroup);
        var channel = firstGroup * a.Width;
        var width = groups * a.Width;
        var sums = (double*)CpuScratch.Floats(4 * width);
        var shift = (float*)(sums + width);
        var factor = shift + width;
        var first = image * a.Spatial;
        new Span<float>(shift, width).Clear();
        Sum<TSimd, TVector>(ref a, first, channel, width, shift, sums, squares: false);
        Spread(sums, shift, groups, a.Width, a.Spatial);
        Sum<TSimd, TVector>(ref a, first, channel, width, shift, sums, squares: true);
        Spread(sums, factor, groups, a.Width, a.Spatial);
        for (var c = 0; c < width; c++)
        {
            factor[c] = a.Weight[channel + c] / MathF.Sqrt(factor[c] + a.Epsilon);
        }

        for (var row = first; row < first + a.Spatial; row++)
        {
            Row<TSimd, TVector>(ref a, row, channel, width, shift, factor);
        }
    }

    /// <summary>Each group's mean of its channels' sums, for each of its channels.</summary>
    private static void Spread(double* sums, float* means, int groups, int width, int spatial)
    {
        for (var g = 0; g < groups; g++)
        {
            var total = 0.0;
            for (var c = 0; c < width; c++)
            {
                total += sums[g * width + c];
            }

            new Span<float>(means + g * width, width).Fill((float)(total / ((double)spatial * width)));
        }
    }

    /// <summary>The sums of x - shift, or of its square, channel by channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum<TSimd, TVector>(
        ref Args a, int first, int channel, int width, float* shift, double* sums, bool squares)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var lanes = stackalloc float[TSimd.Lanes];
        for (var i = 0; i < width; i += TSimd.Lanes)
        {
            var count = Math.Min(TSimd.Lanes, width - i);
            new Span<double>(sums + i, count).Clear();
            var mean = TSimd.LoadFirst(shift + i, count);
            for (var chunk = 0; chunk < a.Spatial; chunk += Chunk)
            {
                var sum = TSimd.Create(0f);
                var end = Math.Min(a.Spatial, chunk + Chunk);
                for (var pixel = chunk; pixel < end; pixel++)
                {
                    var x = a.X.Row(first + pixel) + channel + i;
                    var d = TSimd.Subtract(count == TSimd.Lanes ? TSimd.Load(x) : TSimd.LoadFirst(x, count), mean);
                    sum = squares ? TSimd.MultiplyAdd(d, d, sum) : TSimd.Add(sum, d);
                }

                TSimd.Store(sum, lanes);
                for (var lane = 0; lane < count; lane++)
                {
                    sums[i + lane] += lanes[lane];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TSimd, TVector>(ref Args a, int row, int channel, int width, float* shift, float* factor)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var x = a.X.Row(row) + channel;
        var y = a.Y.Row(row) + channel;
        var bias = a.Bias + channel;
        var lowest = TSimd.Create(a.Activation == (int)ActivationKind.Relu ? 0f : float.NegativeInfinity);
        for (var i = 0; i < width; i += TSimd.Lanes)
        {
            var count = Math.Min(TSimd.Lanes, width - i);
            if (count == TSimd.Lanes)
            {
                var d = TSimd.Subtract(TSimd.Load(x + i), TSimd.Load(shift + i));
                TSimd.Store(TSimd.Max(lowest, TSimd.MultiplyAdd(d, TSimd.Load(factor + i), TSimd.Load(bias + i))), y + i);
            }
            else
            {
                var d = TSimd.Subtract(TSimd.LoadFirst(x + i, count), TSimd.LoadFirst(shift + i, count));
                var value = TSimd.MultiplyAdd(d, TSimd.LoadFirst(factor + i, count), TSimd.LoadFirst(bias + i, count));
                TSimd.StoreFirst(TSimd.Max(lowest, value), y + i, count);
            }
        }

        if (a.Activation is not ((int)ActivationKind.None or (int)ActivationKind.Relu))
        {
            ActivationCpu.Map<TSimd, TVector>(y, y, width, a.Activation);
        }
    }
}
