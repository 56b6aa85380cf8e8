using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Numbers of 16 bits, two a word: float16.</summary>
internal readonly unsafe struct EncodedF16<TBits, TVector> : IEncodedWeight<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
{
    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 2;

    public static int CellBytes => 64;

    public static int SharedBytes => 0;

    public static int BlockBytes => 64;

    public static int ScaleBytes => 0;

    public static int UpperBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* cell, byte* block, out TVector scale, out TVector minimum) =>
        scale = minimum = default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number(TVector words, TVector upper, int place, TVector scale, TVector minimum) =>
        place == 0 ? TBits.LowerHalf(words) : TBits.UpperHalf(words);
}

/// <summary>Numbers of 16 bits, two a word: bfloat16.</summary>
internal readonly unsafe struct EncodedBF16<TBits, TVector> : IEncodedWeight<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
{
    public static int CellK => 32;

    public static int BlockK => 32;

    public static int WordK => 2;

    public static int CellBytes => 64;

    public static int SharedBytes => 0;

    public static int BlockBytes => 64;

    public static int ScaleBytes => 0;

    public static int UpperBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* cell, byte* block, out TVector scale, out TVector minimum) =>
        scale = minimum = default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Number(TVector words, TVector upper, int place, TVector scale, TVector minimum) =>
        place == 0 ? TBits.LowerBFloat(words) : TBits.UpperBFloat(words);
}
