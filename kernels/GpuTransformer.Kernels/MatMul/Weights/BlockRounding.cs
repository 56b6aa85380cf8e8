using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>Rounds blocks of 32 numbers to integers, a register at a time.
/// Numerics: number / scale, rounded to the nearest integer, a tie to the even one; all 0 where the scale is 0. The same on
/// every processor.
/// Cost: about 2 instructions a number.</summary>
internal static class BlockRounding
{
    private const int Block = 32;

    /// <summary>The first of those whose magnitude is the largest; NaN counts as larger than every number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Farthest(ReadOnlySpan<float> values)
    {
        // As integers, magnitudes are ordered as numbers, then infinity, then NaN.
        ref var first = ref Unsafe.As<float, int>(ref MemoryMarshal.GetReference(values[..Block]));
        var magnitude = Vector256.Create(int.MaxValue);
        var m0 = Vector256.LoadUnsafe(ref first) & magnitude;
        var m1 = Vector256.LoadUnsafe(ref first, 8) & magnitude;
        var m2 = Vector256.LoadUnsafe(ref first, 16) & magnitude;
        var m3 = Vector256.LoadUnsafe(ref first, 24) & magnitude;
        var most = Vector256.Max(Vector256.Max(m0, m1), Vector256.Max(m2, m3));
        var four = Vector128.Max(most.GetLower(), most.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2)));
        var largest = Vector256.Create(four, four);
        var places = Vector256.Equals(m0, largest).ExtractMostSignificantBits()
            | Vector256.Equals(m1, largest).ExtractMostSignificantBits() << 8
            | Vector256.Equals(m2, largest).ExtractMostSignificantBits() << 16
            | Vector256.Equals(m3, largest).ExtractMostSignificantBits() << 24;
        return values[BitOperations.TrailingZeroCount(places)];
    }

    /// <summary>Integers from -<paramref name="largest"/> to <paramref name="largest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Integers(ReadOnlySpan<float> values, float scale, float largest) =>
        Rounded(values, scale, -largest, largest);

    /// <summary>Integers from -8 to 7 with 8 added: in byte i number i in the lower half, number 16 + i in the upper.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Nibbles(ReadOnlySpan<float> values, float scale)
    {
        var bytes = (Rounded(values, scale, -8, 7) + Vector256.Create((sbyte)8)).AsUInt16();
        return (bytes.GetLower() | bytes.GetUpper() << 4).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Rounded(ReadOnlySpan<float> values, float scale, float lowest, float highest)
    {
        if (scale == 0)
        {
            return Vector256<sbyte>.Zero;
        }

        ref var first = ref MemoryMarshal.GetReference(values[..Block]);
        return Vector256.Narrow(
            Vector256.Narrow(Eight(ref first, scale, lowest, highest), Eight(ref Unsafe.Add(ref first, 8), scale, lowest, highest)),
            Vector256.Narrow(
                Eight(ref Unsafe.Add(ref first, 16), scale, lowest, highest), Eight(ref Unsafe.Add(ref first, 24), scale, lowest, highest)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Eight(ref float first, float scale, float lowest, float highest)
    {
        var rounded = Vector256.Round(Vector256.LoadUnsafe(ref first) / Vector256.Create(scale));
        return Vector256.ConvertToInt32(
            Vector256.Min(Vector256.Max(rounded, Vector256.Create(lowest)), Vector256.Create(highest)));
    }
}
