using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>AVX-VNNI, 256 bits: vpdpbusd does a step.</summary>
internal readonly unsafe struct Int8DotVnni : IInt8Dot<Vector256<int>>
{
    public static int StepK => 4;

    public static bool TakesUnsigned => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Start(int* start) => Vector256.Create(*start);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> First(Vector256<int> weight, Vector256<int> x, int* start) =>
        Add(Start(start), weight, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<int> weight, Vector256<int> x) =>
        AvxVnni.MultiplyWideningAndAdd(sums, weight.AsByte(), x.AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Finish(Vector256<int> sums, int* start) => sums;
}

/// <summary>ARM's dot product of signed bytes, 128 bits: sdot does a step.</summary>
internal readonly unsafe struct Int8DotArm : IInt8Dot<Vector128<int>>
{
    public static int StepK => 4;

    public static bool TakesUnsigned => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Start(int* start) => Vector128.Create(*start);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> First(Vector128<int> weight, Vector128<int> x, int* start) =>
        Add(Start(start), weight, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> sums, Vector128<int> weight, Vector128<int> x) =>
        Dp.DotProduct(sums, weight.AsSByte(), x.AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Finish(Vector128<int> sums, int* start) => sums;
}

/// <summary>Weights of 4 bits by maddubs, two instructions a step. Sums are words until the finish: a step adds at most
/// 2 · 15 · 127, eight of them 30480.</summary>
internal readonly unsafe struct Int8DotNibbles<TLanes, TFloat, TInt> : IInt8Dot<TInt>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TFloat : struct
    where TInt : struct
{
    private const int TwoOnes = 0x00010001;

    public static int StepK => 4;

    public static bool TakesUnsigned => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Start(int* start) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt First(TInt weight, TInt x, int* start) => TLanes.MultiplyAddBytes(weight, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Add(TInt sums, TInt weight, TInt x) => TLanes.AddWords(sums, TLanes.MultiplyAddBytes(weight, x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Finish(TInt sums, int* start) =>
        TLanes.Add(TLanes.MultiplyAddWords(sums, TLanes.All(TwoOnes)), TLanes.All(*start));
}

/// <summary>Weights of any 8 bits as words by madd, two instructions a step of two k. maddubs would saturate: two products
/// are up to 2 · 255 · 127.</summary>
internal readonly unsafe struct Int8DotWords<TLanes, TFloat, TInt> : IInt8Dot<TInt>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TFloat : struct
    where TInt : struct
{
    public static int StepK => 2;

    public static bool TakesUnsigned => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Start(int* start) => TLanes.All(*start);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt First(TInt weight, TInt x, int* start) => Add(Start(start), weight, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Add(TInt sums, TInt weight, TInt x) => TLanes.Add(sums, TLanes.MultiplyAddWords(weight, x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Finish(TInt sums, int* start) => sums;
}
