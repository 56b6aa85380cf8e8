using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ILGPU;

/// <summary>Sizes, and floating-point numbers seen as bits.</summary>
public static class Interop
{
    public static int SizeOf<T>()
        where T : unmanaged => Unsafe.SizeOf<T>();

    public static int SizeOf<T>(T structure)
        where T : unmanaged => Unsafe.SizeOf<T>();

    public static int OffsetOf<T>(string fieldName)
        where T : unmanaged => (int)Marshal.OffsetOf<T>(fieldName);

    public static uint FloatAsInt(float value) => BitConverter.SingleToUInt32Bits(value);

    public static ulong FloatAsInt(double value) => BitConverter.DoubleToUInt64Bits(value);

    public static float IntAsFloat(uint value) => BitConverter.UInt32BitsToSingle(value);

    public static double IntAsFloat(ulong value) => BitConverter.UInt64BitsToDouble(value);
}
