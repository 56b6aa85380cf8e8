using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y = activation((x - mean) / √(variance + eps) · weight + bias), statistics of a group of channels of
/// an image.
/// <para>Shapes: x, y (images · spatial, channels). A tile owns one group of channels of one image.</para>
/// <para>Numerics: the mean first, then the squares of the differences; 64 pixels are summed in float32, those sums in
/// float64. Cost: 8 flops and 12 + 4 bytes an element.</para></summary>
internal static unsafe class GroupNormCpu
{
    private const int Chunk = 64;

    internal struct Args
    {
        public RowPointer X;
        public RowPointer Y;
        public float* Weight;
        public float* Bias;
        public RowCountPointer Images;
        public int Spatial;
        public int Groups;
        public int Width;
        public float Epsilon;
        public int Activation;
    }

    public static CpuVariant<GroupNormArgs> Variant { get; } = ForWidth(DeviceTraits.WidestSimd);

    public static CpuVariant<GroupNormArgs> ForWidth(int bits) => new CpuVariant<GroupNormArgs, Args>(
        $"groupnorm-cpu-{bits}",
        Convert,
        &TileCount,
        bits switch
        {
            512 => &Tile<Simd512, Vector512<float>>,
            256 => &Tile<Simd256, Vector256<float>>,
            _ => &Tile<Simd128, Vector128<float>>,
        });

    internal static Args Convert(in GroupNormArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Y = HostAddress.Of(args.Y),
        Weight = HostAddress.Of(args.Weight),
        Bias = HostAddress.Of(args.Bias),
        Images = HostAddress.Of(args.Images),
        Spatial = args.Spatial,
        Groups = args.Groups,
        Width = args.Channels / args.Groups,
        Epsilon = args.Epsilon,
        Activation = args.Activation,
    };

    internal static int TileCount(void* args) => ((Args*)args)->Images.Count * ((Args*)args)->Groups;

    internal static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        ref var a = ref *(Args*)args;
        var (image, group) = Math.DivRem(tile, a.Groups);
        var channel = group * a.Width;
        var first = image * a.Spatial;
        var elements = (double)a.Spatial * a.Width;
        var mean = (float)(Sum<TSimd, TVector>(ref a, first, channel, 0f, squares: false) / elements);
        var variance = (float)(Sum<TSimd, TVector>(ref a, first, channel, mean, squares: true) / elements);
        var inverse = 1f / MathF.Sqrt(variance + a.Epsilon);
        for (var row = first; row < first + a.Spatial; row++)
        {
            Row<TSimd, TVector>(ref a, a.X.Row(row) + channel, a.Y.Row(row) + channel, channel, mean, inverse);
        }
    }

    /// <summary>The sum of x - mean, or of its square, over a group of channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum<TSimd, TVector>(ref Args a, int first, int channel, float mean, bool squares)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var total = 0.0;
        var (zero, shift) = (TSimd.Create(0f), TSimd.Create(mean));
        for (var chunk = 0; chunk < a.Spatial; chunk += Chunk)
        {
            var sum = zero;
            var end = Math.Min(a.Spatial, chunk + Chunk);
            for (var pixel = chunk; pixel < end; pixel++)
            {
                var x = a.X.Row(first + pixel) + channel;
                for (var i = 0; i < a.Width; i += TSimd.Lanes)
                {
                    var left = a.Width - i;
                    var d = left >= TSimd.Lanes
                        ? TSimd.Subtract(TSimd.Load(x + i), shift)
                        : TSimd.SelectRange(TSimd.Subtract(TSimd.LoadFirst(x + i, left), shift), zero, 0, left);
                    sum = squares ? TSimd.MultiplyAdd(d, d, sum) : TSimd.Add(sum, d);
                }
            }

            total += TSimd.Sum(sum);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<TSimd, TVector>(ref Args a, float* x, float* y, int channel, float mean, float inverse)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var (shift, factor) = (TSimd.Create(mean), TSimd.Create(inverse));
        var weight = a.Weight + channel;
        var bias = a.Bias + channel;
        var i = 0;
        for (; i + TSimd.Lanes <= a.Width; i += TSimd.Lanes)
        {
            var scale = TSimd.Multiply(factor, TSimd.Load(weight + i));
            TSimd.Store(TSimd.MultiplyAdd(TSimd.Subtract(TSimd.Load(x + i), shift), scale, TSimd.Load(bias + i)), y + i);
        }

        if (i < a.Width)
        {
            var left = a.Width - i;
            var scale = TSimd.Multiply(factor, TSimd.LoadFirst(weight + i, left));
            TSimd.StoreFirst(
                TSimd.MultiplyAdd(TSimd.Subtract(TSimd.LoadFirst(x + i, left), shift), scale, TSimd.LoadFirst(bias + i, left)),
                y + i,
                left);
        }

        if (a.Activation != (int)ActivationKind.None)
        {
            ActivationCpu.Map<TSimd, TVector>(y, y, a.Width, a.Activation);
        }
    }
}
