using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y = activation(x), in SIMD registers.
/// Shapes: x and y (rows, width); a task owns as many rows as hold about 16,000 elements.
/// Numerics: <see cref="GatedMath"/> and <see cref="VectorMath"/>; an element's bits do not depend on its place, since the
/// last elements of a row go through a register too.
/// Cost: 8 bytes an element; 10 to 30 instructions a register: GELU runs at 0.9 of a copy loop from the second-level cache on.</summary>
internal static unsafe class ActivationCpu
{
    private const int ElementsOfTask = 16_384;

    internal static readonly CpuVariant<ActivationArgs> Variant = new CpuVariant<ActivationArgs, Args>(
        "activation-cpu", static (in ActivationArgs args) => Convert(args), &TileCount, &Tile);

    public static Args Convert(in ActivationArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Y = HostAddress.Of(args.Y),
        Rows = HostAddress.Of(args.Rows),
        Width = args.Width,
        Activation = args.Activation,
    };

    public static int TileCount(void* args)
    {
        var count = ((Args*)args)->Rows.Count;
        var rows = RowsOfTask((Args*)args);
        return (count + rows - 1) / rows;
    }

    public static void Tile(void* args, int tile)
    {
        var a = (Args*)args;
        var rows = RowsOfTask(a);
        var first = tile * rows;
        var end = (int)Math.Min((long)first + rows, a->Rows.Count);
        for (var r = first; r < end; r++)
        {
            Map(a->X.Row(r), a->Y.Row(r), a->Width, a->Activation);
        }
    }

    /// <summary>One width of registers; y may be x.</summary>
    public static void Map<TSimd, TVector>(float* x, float* y, nint count, int activation)
        where TSimd : ISimd<TVector>
        where TVector : struct => Choose<TSimd, TVector, Elements>(new Elements { X = x, Y = y, Count = count }, activation);

    /// <summary>The same over rows that are scaled and shifted first.</summary>
    public static void Map<TSimd, TVector>(in AffineRows rows, int activation)
        where TSimd : ISimd<TVector>
        where TVector : struct => Choose<TSimd, TVector, AffineRows>(rows, activation);

    private static void Map(float* x, float* y, nint count, int activation)
    {
        switch (DeviceTraits.WidestSimd)
        {
            case 512:
                Map<Simd512, Vector512<float>>(x, y, count, activation);
                break;
            case 256:
                Map<Simd256, Vector256<float>>(x, y, count, activation);
                break;
            default:
                Map<Simd128, Vector128<float>>(x, y, count, activation);
                break;
        }
    }

    private static void Choose<TSimd, TVector, TLoop>(TLoop loop, int activation)
        where TSimd : ISimd<TVector>
        where TVector : struct
        where TLoop : struct, IActivationLoop
    {
        switch ((ActivationKind)activation)
        {
            case ActivationKind.None:
                loop.Run<TSimd, TVector, Identity<TSimd, TVector>>();
                break;
            case ActivationKind.Relu:
                loop.Run<TSimd, TVector, Relu<TSimd, TVector>>();
                break;
            case ActivationKind.GeluErf:
                loop.Run<TSimd, TVector, GeluErf<TSimd, TVector>>();
                break;
            case ActivationKind.GeluTanh:
                loop.Run<TSimd, TVector, GeluTanh<TSimd, TVector>>();
                break;
            case ActivationKind.GeluQuick:
                loop.Run<TSimd, TVector, GeluQuick<TSimd, TVector>>();
                break;
            case ActivationKind.Silu:
                loop.Run<TSimd, TVector, Silu<TSimd, TVector>>();
                break;
            case ActivationKind.Tanh:
                loop.Run<TSimd, TVector, Tanh<TSimd, TVector>>();
                break;
            default:
                loop.Run<TSimd, TVector, Sigmoid<TSimd, TVector>>();
                break;
        }
    }

    private static int RowsOfTask(Args* args) => Math.Max(1, ElementsOfTask / Math.Max(1, args->Width));

    internal struct Args
    {
        public RowPointer X;
        public RowPointer Y;
        public RowCountPointer Rows;
        public int Width;
        public int Activation;
    }

    private readonly struct Identity<TSimd, TVector> : IActivation<TVector>
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        public static TVector Apply(TVector x) => x;
    }

    private readonly struct Relu<TSimd, TVector> : IActivation<TVector>
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply(TVector x) => TSimd.Max(TSimd.Create(0f), x);
    }

    private readonly struct GeluErf<TSimd, TVector> : IActivation<TVector>
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply(TVector x) => GatedMath.Normal<TSimd, TVector>(x);
    }

    private readonly struct GeluTanh<TSimd, TVector> : IActivation<TVector>
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        private const float Farthest = -9.9f;
        private const float Linear = 2f * Activations.SqrtTwoOverPi * FastMath.Log2E;
        private const float Cubic = Linear * Activations.GeluCubic;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply(TVector x)
        {
            // As x · sigmoid(2u).
            var n = TSimd.NegatedMagnitude(x, TSimd.Create(Farthest));
            var factor = TSimd.MultiplyAdd(TSimd.Multiply(n, n), TSimd.Create(Cubic), TSimd.Create(Linear));
            return GatedMath.Logistic<TSimd, TVector>(x, n, TSimd.MultiplyAdd(n, factor, TSimd.Create(-1f)));
        }
    }

    private readonly struct GeluQuick<TSimd, TVector> : IActivation<TVector>
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        private const float Farthest = -50f;
        private const float Scale = Activations.GeluQuickScale * FastMath.Log2E;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply(TVector x)
        {
            var n = TSimd.NegatedMagnitude(x, TSimd.Create(Farthest));
            return GatedMath.Logistic<TSimd, TVector>(x, n, TSimd.MultiplyAdd(n, TSimd.Create(Scale), TSimd.Create(-1f)));
        }
    }

    private readonly struct Silu<TSimd, TVector> : IActivation<TVector>
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply(TVector x) => GatedMath.Silu<TSimd, TVector>(x);
    }

    private readonly struct Tanh<TSimd, TVector> : IActivation<TVector>
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply(TVector x) => VectorMath.Tanh<TSimd, TVector>(x);
    }

    private readonly struct Sigmoid<TSimd, TVector> : IActivation<TVector>
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Apply(TVector x) => VectorMath.Sigmoid<TSimd, TVector>(x);
    }
}
