using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>Registers of 128 bits: any processor.</summary>
internal readonly unsafe partial struct EncodedSimd128 : IEncodedSimd<Vector128<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Halves(byte* source) => FromHalf(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsInt16()) << 13);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SignedBytes(byte* source) =>
        Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)source).AsSByte())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> UnsignedBytes(byte* source) =>
        Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)source).AsByte())).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ShiftRight(Vector128<float> words, int count) => (words.AsInt32() >>> count).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LowerHalf(Vector128<float> words) => FromHalf((words.AsInt32() << 16) >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> UpperHalf(Vector128<float> words) => FromHalf(words.AsInt32() >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LowerBFloat(Vector128<float> words) => (words.AsInt32() << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> UpperBFloat(Vector128<float> words) =>
        (words.AsInt32() & Vector128.Create(unchecked((int)0xFFFF0000))).AsSingle();

    public static float ByteOffset => 0;

    public static float ByteUnit => 1 << 24;

    // Without a fused multiply-add an offset would cost bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> OffsetByte(Vector128<float> words, int place) => Vector128.ConvertToSingle(
        (words.AsInt32() << (24 - 8 * place)) & Vector128.Create(unchecked((int)0xFF000000)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourBits(Vector128<float> words, int shift) =>
        Vector128.ConvertToSingle((words.AsInt32() >>> shift) & Vector128.Create(15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourBitsLess8(Vector128<float> words, int shift) =>
        Vector128.ConvertToSingle(((words.AsInt32() >>> shift) & Vector128.Create(15)) - Vector128.Create(8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SixBitsLess32(Vector128<float> words, int shift, Vector128<float> upper, int upperShift)
    {
        var lower = (words.AsInt32() >>> shift) & Vector128.Create(15);
        var both = lower | (((upper.AsInt32() >>> upperShift) & Vector128.Create(3)) << 4);
        return Vector128.ConvertToSingle(both - Vector128.Create(32));
    }

    /// <summary>Bits of a finite float16 at 13 to 27 with the sign at 31, anything between. A subnormal comes out as
    /// 2^-15 plus half of it, and is made right; as a subnormal float it would take a hundred cycles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> FromHalf(Vector128<int> bits)
    {
        var value = ((bits & Vector128.Create(HalfInFloat.Bits)) + Vector128.Create(HalfInFloat.ExponentStep)).AsSingle();
        var least = ((bits & Vector128.Create(HalfInFloat.Sign)) ^ Vector128.Create(HalfInFloat.Sign | HalfInFloat.SmallestNormal)).AsSingle();
        var isSubnormal = Vector128.Equals(bits & Vector128.Create(HalfInFloat.Exponent), Vector128<int>.Zero).AsSingle();
        return Vector128.ConditionalSelect(isSubnormal, Vector128.MultiplyAddEstimate(value, Vector128.Create(2f), least), value);
    }
}
