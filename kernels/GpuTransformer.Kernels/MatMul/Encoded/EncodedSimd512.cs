using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Registers of 512 bits: AVX-512. Four bits are looked up in a register of 16 floats, which costs one
/// instruction where masking and converting cost two.</summary>
internal readonly unsafe partial struct EncodedSimd512 : IEncodedSimd<Vector512<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Halves(byte* source) => FromHalf(Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source)) << 13);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SignedBytes(byte* source) =>
        Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> UnsignedBytes(byte* source) =>
        Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ShiftRight(Vector512<float> words, int count) => (words.AsInt32() >>> count).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LowerHalf(Vector512<float> words) => FromHalf((words.AsInt32() << 16) >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> UpperHalf(Vector512<float> words) => FromHalf(words.AsInt32() >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LowerBFloat(Vector512<float> words) => (words.AsInt32() << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> UpperBFloat(Vector512<float> words) =>
        (words.AsInt32() & Vector512.Create(unchecked((int)0xFFFF0000))).AsSingle();

    public static float ByteOffset => 32768 + 128;

    public static float ByteUnit => 1;

    // The byte with 128 added as bits 8 to 15 of the float32 2^15: no conversion.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> OffsetByte(Vector512<float> words, int place)
    {
        var bits = words.AsInt32();
        bits = place == 0 ? bits << 8 : place == 1 ? bits : bits >>> (8 * place - 8);
        return ((bits & Vector512.Create(0xFF00)) ^ Vector512.Create(0x47008000)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FourBits(Vector512<float> words, int shift) => Avx512F.PermuteVar16x32(
        Vector512.Create(0f, 1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f, 9f, 10f, 11f, 12f, 13f, 14f, 15f), words.AsInt32() >>> shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FourBitsLess8(Vector512<float> words, int shift) => Avx512F.PermuteVar16x32(
        Vector512.Create(-8f, -7f, -6f, -5f, -4f, -3f, -2f, -1f, 0f, 1f, 2f, 3f, 4f, 5f, 6f, 7f), words.AsInt32() >>> shift);

    // The table repeats every four entries, since two bits beside the wanted ones take part in the index.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SixBitsLess32(Vector512<float> words, int shift, Vector512<float> upper, int upperShift) =>
        FourBits(words, shift) + Avx512F.PermuteVar16x32(
            Vector512.Create(
                -32f, -16f, 0f, 16f, -32f, -16f, 0f, 16f, -32f, -16f, 0f, 16f, -32f, -16f, 0f, 16f),
            upper.AsInt32() >>> upperShift);

    /// <summary>Bits of a finite float16 at 13 to 27 with the sign at 31, anything between. A subnormal comes out as
    /// 2^-15 plus half of it, and is made right; as a subnormal float it would take a hundred cycles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> FromHalf(Vector512<int> bits)
    {
        var value = ((bits & Vector512.Create(HalfInFloat.Bits)) + Vector512.Create(HalfInFloat.ExponentStep)).AsSingle();
        var least = ((bits & Vector512.Create(HalfInFloat.Sign)) ^ Vector512.Create(HalfInFloat.Sign | HalfInFloat.SmallestNormal)).AsSingle();
        var isSubnormal = Vector512.Equals(bits & Vector512.Create(HalfInFloat.Exponent), Vector512<int>.Zero).AsSingle();
        return Vector512.ConditionalSelect(isSubnormal, Vector512.MultiplyAddEstimate(value, Vector512.Create(2f), least), value);
    }
}
