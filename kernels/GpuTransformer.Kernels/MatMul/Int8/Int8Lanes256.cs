using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Registers of 256 bits: AVX2.</summary>
internal readonly unsafe partial struct EncodedSimd256 : IInt8Lanes<Vector256<float>, Vector256<int>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(byte* source) => Vector256.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> value, byte* destination) => Vector256.Store(value, (int*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> All(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> And(Vector256<int> left, Vector256<int> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Or(Vector256<int> left, Vector256<int> right) => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Xor(Vector256<int> left, Vector256<int> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Left(Vector256<int> value, int count) => value << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Right(Vector256<int> value, int count) => value >>> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> RightWords(Vector256<int> value, int count) => (value.AsUInt16() >>> count).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> left, Vector256<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddWords(Vector256<int> left, Vector256<int> right) => (left.AsInt16() + right.AsInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddWords(Vector256<int> left, Vector256<int> right) =>
        Avx2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddBytes(Vector256<int> unsigned, Vector256<int> signed) =>
        Avx2.MultiplyAddAdjacent(unsigned.AsByte(), signed.AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LessBias(Vector256<int> bits) => bits.AsSingle() - Vector256.Create(Int8Rows.BiasAsFloat);
}
