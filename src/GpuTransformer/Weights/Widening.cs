using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GpuTransformer.Weights;

/// <summary>Turns stored elements into float32 or int64, a vector at a time where weights come in bulk.</summary>
internal static class Widening
{
    // 127 - 15, the difference of the two biases, in the exponent's place of a float32.
    private const int ExponentStep = 112 << 23;

    // 2^-24
    private const float SmallestHalf = 5.9604644775390625e-8f;
    private const float TwoTo63 = 9.223372036854775808e18f;

    /// <summary>Writes <paramref name="destination"/>.Length elements as float32. False with the index of the first
    /// integer that float32 cannot hold.</summary>
    public static bool ToFloat32(WeightDtype dtype, ReadOnlySpan<byte> bytes, Span<float> destination, out int inexact)
    {
        inexact = -1;
        switch (dtype)
        {
            case WeightDtype.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(destination));
                return true;
            case WeightDtype.F16:
                Float16(MemoryMarshal.Cast<byte, ushort>(bytes), destination);
                return true;
            case WeightDtype.BF16:
                BFloat16(MemoryMarshal.Cast<byte, ushort>(bytes), destination);
                return true;
            case WeightDtype.F64:
                ReadOnlySpan<double> doubles = MemoryMarshal.Cast<byte, double>(bytes);
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)doubles[i];
                }
                return true;
            default:
                return Integers(dtype, bytes, destination, out inexact);
        }
    }

    /// <summary>Writes integers as int64. False with the index of the first one over 2^63-1.</summary>
    public static bool ToInt64(WeightDtype dtype, ReadOnlySpan<byte> bytes, Span<long> destination, out int tooLarge)
    {
        tooLarge = -1;
        for (int i = 0; i < destination.Length; i++)
        {
            if (!TryInteger(dtype, bytes, i, out destination[i]))
            {
                tooLarge = i;
                return false;
            }
        }
        return true;
    }

    /// <summary>float16 to float32, exact. Subnormals are counted in units of the smallest half: moving their bits
    /// would make subnormal floats, on which processors are slow. Compiled at once at full speed: loading a model calls
    /// this seldom and with much.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Float16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        int step = Vector<ushort>.Count;
        int i = 0;
        for (; i <= destination.Length - step; i += step)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            Float16(low).CopyTo(destination[i..]);
            Float16(high).CopyTo(destination[(i + step / 2)..]);
        }
        for (; i < destination.Length; i++)
        {
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
        }
    }

    /// <summary>bfloat16 to float32: the upper half of the bits, exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination);
        int step = Vector<ushort>.Count;
        int i = 0;
        for (; i <= bits.Length - step; i += step)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + step / 2)..]);
        }
        for (; i < bits.Length; i++)
        {
            bits[i] = (uint)source[i] << 16;
        }
    }

    // Signed compares: instruction sets before AVX-512 have no unsigned ones.
    private static Vector<float> Float16(Vector<uint> half)
    {
        Vector<int> bits = Vector.AsVectorInt32(half);
        Vector<int> magnitude = bits & new Vector<int>(0x7FFF);
        Vector<int> special = Vector.GreaterThan(magnitude, new Vector<int>(0x7BFF)) & new Vector<int>(ExponentStep);
        Vector<int> normal = (magnitude << 13) + new Vector<int>(ExponentStep) + special;
        Vector<float> subnormal = Vector.ConvertToSingle(magnitude) * new Vector<float>(SmallestHalf);
        Vector<int> isSubnormal = Vector.LessThan(magnitude, new Vector<int>(0x0400));
        Vector<int> sign = (bits & new Vector<int>(0x8000)) << 16;
        return Vector.AsVectorSingle(
            Vector.ConditionalSelect(isSubnormal, Vector.AsVectorInt32(subnormal), normal) | sign);
    }

    private static bool Integers(WeightDtype dtype, ReadOnlySpan<byte> bytes, Span<float> destination, out int inexact)
    {
        inexact = -1;
        for (int i = 0; i < destination.Length; i++)
        {
            bool fits = TryInteger(dtype, bytes, i, out long value);
            float narrowed = value;
            // 2^63 is the one float32 that a cast back to long would not return.
            if (!fits || narrowed >= TwoTo63 || (long)narrowed != value)
            {
                inexact = i;
                return false;
            }
            destination[i] = narrowed;
        }
        return true;
    }

    private static bool TryInteger(WeightDtype dtype, ReadOnlySpan<byte> bytes, int index, out long value)
    {
        value = dtype switch
        {
            WeightDtype.Bool or WeightDtype.U8 => bytes[index],
            WeightDtype.I8 => (sbyte)bytes[index],
            WeightDtype.U16 => MemoryMarshal.Cast<byte, ushort>(bytes)[index],
            WeightDtype.I16 => MemoryMarshal.Cast<byte, short>(bytes)[index],
            WeightDtype.U32 => MemoryMarshal.Cast<byte, uint>(bytes)[index],
            WeightDtype.I32 => MemoryMarshal.Cast<byte, int>(bytes)[index],
            _ => MemoryMarshal.Cast<byte, long>(bytes)[index],
        };
        return dtype != WeightDtype.U64 || value >= 0;
    }
}
