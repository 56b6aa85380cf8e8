using System.Numerics;
using System.Runtime.InteropServices;

namespace GpuTransformer.Weights;

/// <summary>Turns stored elements into float32 or int64, a vector at a time where weights come in bulk.</summary>
internal static class Widening
{
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

    /// <summary>float16 to float32, exact. The exponent is rebiased by a multiplication, which also makes subnormals
    /// right: value = bits(half without sign, shifted by 13) * 2^112; infinity and NaN get the full exponent.</summary>
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

    private static Vector<float> Float16(Vector<uint> half)
    {
        Vector<uint> magnitude = half & new Vector<uint>(0x7FFF);
        Vector<float> scaled = Vector.AsVectorSingle(magnitude << 13) * new Vector<float>(5.192296858534828e33f);
        Vector<uint> special = Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x7C00));
        Vector<uint> sign = (half & new Vector<uint>(0x8000)) << 16;
        return Vector.AsVectorSingle(Vector.AsVectorUInt32(scaled) | sign | (special & new Vector<uint>(0x7F800000)));
    }

    private static bool Integers(WeightDtype dtype, ReadOnlySpan<byte> bytes, Span<float> destination, out int inexact)
    {
        inexact = -1;
        for (int i = 0; i < destination.Length; i++)
        {
            bool fits = TryInteger(dtype, bytes, i, out long value);
            float narrowed = value;
            // 2^63 is the one float32 that a cast back to long would not return.
            if (!fits || narrowed >= 9.223372036854775808e18f || (long)narrowed != value)
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
