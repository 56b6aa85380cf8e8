using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Registers of 256 bits: AVX2.</summary>
internal readonly unsafe struct EncodedSimd256 : IEncodedSimd<Vector256<float>>
{
    // 127 - 15, the difference of the two biases, in the exponent's place of a float32.
    private const int ExponentStep = 112 << 23;

    // Sign, and exponent and fraction of a float16, where a float32 has them; its sign, and 2^-14.
    private const int HalfBits = unchecked((int)0x8FFFE000);
    private const int HalfExponent = 0x0F800000;
    private const int Sign = unchecked((int)0x80000000);
    private const int SmallestNormal = (127 - 14) << 23;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Halves(byte* source) => FromHalf(Avx2.ConvertToVector256Int32(Vector128.Load((short*)source)) << 13);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SignedBytes(byte* source) =>
        Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(*(ulong*)source).AsSByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> UnsignedBytes(byte* source) =>
        Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(*(ulong*)source).AsByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ShiftRight(Vector256<float> words, int count) => (words.AsInt32() >>> count).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LowerHalf(Vector256<float> words) => FromHalf((words.AsInt32() << 16) >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> UpperHalf(Vector256<float> words) => FromHalf(words.AsInt32() >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LowerBFloat(Vector256<float> words) => (words.AsInt32() << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> UpperBFloat(Vector256<float> words) =>
        (words.AsInt32() & Vector256.Create(unchecked((int)0xFFFF0000))).AsSingle();

    public static float ByteOffset => 32768 + 128;

    public static float ByteUnit => 1;

    // The byte with 128 added as bits 8 to 15 of the float32 2^15: no conversion.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> OffsetByte(Vector256<float> words, int place)
    {
        var bits = words.AsInt32();
        bits = place == 0 ? bits << 8 : place == 1 ? bits : bits >>> (8 * place - 8);
        return ((bits & Vector256.Create(0xFF00)) ^ Vector256.Create(0x47008000)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FourBits(Vector256<float> words, int shift) =>
        Vector256.ConvertToSingle((words.AsInt32() >>> shift) & Vector256.Create(15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FourBitsLess8(Vector256<float> words, int shift) =>
        Vector256.ConvertToSingle(((words.AsInt32() >>> shift) & Vector256.Create(15)) - Vector256.Create(8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SixBitsLess32(Vector256<float> words, int shift, Vector256<float> upper, int upperShift)
    {
        var lower = (words.AsInt32() >>> shift) & Vector256.Create(15);
        var both = lower | (((upper.AsInt32() >>> upperShift) & Vector256.Create(3)) << 4);
        return Vector256.ConvertToSingle(both - Vector256.Create(32));
    }

    /// <summary>Bits of a finite float16 at 13 to 27 with the sign at 31, anything between. A subnormal comes out as
    /// 2^-15 plus half of it, and is made right; as a subnormal float it would take a hundred cycles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> FromHalf(Vector256<int> bits)
    {
        var value = ((bits & Vector256.Create(HalfBits)) + Vector256.Create(ExponentStep)).AsSingle();
        var least = ((bits & Vector256.Create(Sign)) ^ Vector256.Create(Sign | SmallestNormal)).AsSingle();
        var isSubnormal = Vector256.Equals(bits & Vector256.Create(HalfExponent), Vector256<int>.Zero).AsSingle();
        return Vector256.ConditionalSelect(isSubnormal, Vector256.MultiplyAddEstimate(value, Vector256.Create(2f), least), value);
    }
}
