using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Registers of 512 bits, AVX-512.</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    /// <summary>The operand of a reduction: rounding towards minus infinity, to whole numbers, without exceptions.</summary>
    private const byte TowardsFloor = 9;

    /// <summary>The operand of a range: the one of lesser magnitude, with its sign set.</summary>
    private const byte LesserMagnitudeNegated = 0b1110;

    public static int Lanes => 16;

    public static bool ReducesAndScales => Avx512DQ.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* destination) => Vector512.Store(value, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> left, Vector512<float> right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> bound, Vector512<float> value) => Vector512.MinNative(bound, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> bound, Vector512<float> value) => Vector512.MaxNative(bound, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> And(Vector512<float> left, Vector512<float> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Or(Vector512<float> left, Vector512<float> right) => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> NegatedMagnitude(Vector512<float> value, Vector512<float> lowest) => Avx512DQ.IsSupported
        ? Avx512DQ.Range(lowest, value, LesserMagnitudeNegated)
        : Vector512.MaxNative(lowest, value | Vector512.Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfTwo(Vector512<float> shifted) =>
        ((shifted.AsInt32() + Vector512.Create(127 - FastMath.RoundingShiftBits)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> value, Vector512<float> shifted) =>
        Avx512F.Scale(value, shifted - Vector512.Create(FastMath.RoundingShift));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFirst(float* source, int count) => Avx512F.IsSupported
        ? Avx512F.MaskLoad(source, Below(count), Vector512<float>.Zero)
        : Vector512.Create(
            Simd256.LoadFirst(source, Math.Min(count, 8)), Simd256.LoadFirst(source + 8, Math.Max(count - 8, 0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector512<float> value, float* destination, int count)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.MaskStore(destination, Below(count), value);
            return;
        }

        Simd256.StoreFirst(value.GetLower(), destination, Math.Min(count, 8));
        Simd256.StoreFirst(value.GetUpper(), destination + 8, Math.Max(count - 8, 0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SelectRange(Vector512<float> inside, Vector512<float> outside, int begin, int end)
    {
        var lane = Vector512<int>.Indices;
        var mask = Vector512.GreaterThanOrEqual(lane, Vector512.Create(begin)) & Vector512.LessThan(lane, Vector512.Create(end));
        return Vector512.ConditionalSelect(mask.AsSingle(), inside, outside);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Fraction(Vector512<float> t, out Vector512<float> whole)
    {
        whole = Avx512F.IsSupported ? t : Vector512.Floor(t);
        return Avx512DQ.IsSupported ? Avx512DQ.Reduce(t, TowardsFloor) : t - Vector512.Floor(t);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ScaleByFloor(Vector512<float> value, Vector512<float> whole) => Avx512F.IsSupported
        ? Avx512F.Scale(value, whole)
        : (value.AsInt32() + (Vector512.ConvertToInt32Native(whole) << 23)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfExponent(Vector512<float> shifted) => (shifted.AsInt32() << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ZeroBelow(Vector512<float> value, Vector512<float> x, Vector512<float> lowest) =>
        Vector512.ConditionalSelect(
            Avx512F.IsSupported ? Avx512F.CompareNotLessThan(x, lowest) : ~Vector512.LessThan(x, lowest),
            value,
            Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ScaleByPower(Vector512<float> value, Vector512<float> shifted) =>
        (value.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> NumbersOr(Vector512<float> value, Vector512<float> other) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, value), value, other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint EqualLanes(Vector512<float> left, Vector512<float> right) =>
        (uint)Vector512.Equals(left, right).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint GreaterLanes(Vector512<float> left, Vector512<float> right) =>
        (uint)Vector512.GreaterThan(left, right).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> value) => Simd256.Sum(value.GetLower() + value.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> value) =>
        Simd256.Largest(Vector256.MaxNative(value.GetLower(), value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Below(int count) =>
        Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }
}
