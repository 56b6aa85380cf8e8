using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Registers of 256 bits: AVX2.</summary>
internal readonly unsafe partial struct EncodedSimd256 : IEncodedSimd<Vector256<float>>
{
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
        var bytes = Avx2.Shuffle(words.AsByte(), place switch
        {
            0 => Bytes(0x80800080, 0x80800480, 0x80800880, 0x80800C80),
            1 => Bytes(0x80800180, 0x80800580, 0x80800980, 0x80800D80),
            2 => Bytes(0x80800280, 0x80800680, 0x80800A80, 0x80800E80),
            _ => Bytes(0x80800380, 0x80800780, 0x80800B80, 0x80800F80),
        });
        return (bytes.AsInt32() ^ Vector256.Create(0x47008000)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FourBits(Vector256<float> words, int shift) =>
        Vector256.ConvertToSingle(Four(words, shift));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FourBitsLess8(Vector256<float> words, int shift) =>
        Vector256.ConvertToSingle(Four(words, shift) - Vector256.Create(8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SixBitsLess32(
        Vector256<float> words, int shift, Vector256<float> upper, int upperShift)
    {
        var both = Four(words, shift) | (((upper.AsInt32() >>> upperShift) & Vector256.Create(3)) << 4);
        return Vector256.ConvertToSingle(both - Vector256.Create(32));
    }

    // The mask, and the shift before it, are shared by the four bytes; what brings a byte down runs beside the
    // multiply-adds, which a shift does not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Four(Vector256<float> words, int shift)
    {
        var halves = ((shift & 4) == 0 ? words.AsInt32() : words.AsInt32() >>> 4) & Vector256.Create(0x0F0F0F0F);
        return Avx2.Shuffle(halves.AsByte(), (shift >> 3) switch
        {
            0 => Bytes(0x80808000, 0x80808004, 0x80808008, 0x8080800C),
            1 => Bytes(0x80808001, 0x80808005, 0x80808009, 0x8080800D),
            2 => Bytes(0x80808002, 0x80808006, 0x8080800A, 0x8080800E),
            _ => Bytes(0x80808003, 0x80808007, 0x8080800B, 0x8080800F),
        }).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Bytes(uint a, uint b, uint c, uint d) => Vector256.Create(a, b, c, d, a, b, c, d).AsByte();

    /// <summary>Bits of a finite float16 at 13 to 27 with the sign at 31, anything between. A subnormal comes out as
    /// 2^-15 plus half of it, and is made right; as a subnormal float it would take a hundred cycles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> FromHalf(Vector256<int> bits)
    {
        var value = ((bits & Vector256.Create(HalfInFloat.Bits)) + Vector256.Create(HalfInFloat.ExponentStep)).AsSingle();
        var least = ((bits & Vector256.Create(HalfInFloat.Sign)) ^ Vector256.Create(HalfInFloat.Sign | HalfInFloat.SmallestNormal)).AsSingle();
        var isSubnormal = Vector256.Equals(bits & Vector256.Create(HalfInFloat.Exponent), Vector256<int>.Zero).AsSingle();
        return Vector256.ConditionalSelect(isSubnormal, Vector256.MultiplyAddEstimate(value, Vector256.Create(2f), least), value);
    }
}
