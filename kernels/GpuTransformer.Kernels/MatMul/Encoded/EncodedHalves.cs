using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Numbers of 16 bits, two a word: float16.</summary>
internal readonly unsafe struct EncodedF16 : IEncodedWeight
{
    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 2;

    public static int SharedBytes => 0;

    public static int ScaleBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TBits, TVector>(
        byte* cell, byte* block, int lanes, nint column, out TVector scale, out TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct =>
        scale = minimum = default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number<TSimd, TBits, TVector>(TVector words, TVector upper, int place, TVector scale, TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct =>
        place == 0 ? TBits.LowerHalf(words) : TBits.UpperHalf(words);
}

/// <summary>Numbers of 16 bits, two a word: bfloat16.</summary>
internal readonly unsafe struct EncodedBF16 : IEncodedWeight
{
    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 2;

    public static int SharedBytes => 0;

    public static int ScaleBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales<TSimd, TBits, TVector>(
        byte* cell, byte* block, int lanes, nint column, out TVector scale, out TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct =>
        scale = minimum = default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number<TSimd, TBits, TVector>(TVector words, TVector upper, int place, TVector scale, TVector minimum)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct =>
        place == 0 ? TBits.LowerBFloat(words) : TBits.UpperBFloat(words);
}
