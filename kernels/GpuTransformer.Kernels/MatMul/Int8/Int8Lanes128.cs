using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Registers of 128 bits: SSE, and ARM's.</summary>
internal readonly unsafe partial struct EncodedSimd128 : IInt8Lanes<Vector128<float>, Vector128<int>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(byte* source) => Vector128.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> value, byte* destination) => Vector128.Store(value, (int*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> All(int value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> And(Vector128<int> left, Vector128<int> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Or(Vector128<int> left, Vector128<int> right) => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Xor(Vector128<int> left, Vector128<int> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Left(Vector128<int> value, int count) => value << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Right(Vector128<int> value, int count) => value >>> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> RightWords(Vector128<int> value, int count) => (value.AsUInt16() >>> count).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> left, Vector128<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddWords(Vector128<int> left, Vector128<int> right) => (left.AsInt16() + right.AsInt16()).AsInt32();

    // Elsewhere the two words of a lane one after the other, their signs drawn through the lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAddWords(Vector128<int> left, Vector128<int> right) => Sse2.IsSupported
        ? Sse2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16())
        : ((left << 16) >> 16) * ((right << 16) >> 16) + (left >> 16) * (right >> 16);

    // Only where there is SSSE3: other processors multiply words.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAddBytes(Vector128<int> unsigned, Vector128<int> signed) =>
        Ssse3.MultiplyAddAdjacent(unsigned.AsByte(), signed.AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LessBias(Vector128<int> bits) => bits.AsSingle() - Vector128.Create(Int8Rows.BiasAsFloat);
}
