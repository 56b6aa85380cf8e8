using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Rows of x as 8-bit integers.
/// Computes: for each block of 32 k of a row, scale d = max|x| / 127 and q = x · (127 / max|x|), rounded to the nearest
/// integer, a tie to the even one; a last block is filled up with zeros.
/// Layout: a block is d, d · Σq, and what sums of products over its first and its second 16 k (or over all 32) begin with,
/// <see cref="Bias"/> less the weight's zero point times Σq; then 32 bytes q, or words: of each 16 k first
/// the even ones, then the odd ones, as they come out of four bytes in a lane.
/// Numerics: exact but for d, the factor and the products by it, one rounding each; the same on every processor.
/// Edges: a block that holds NaN or an infinity has the scale NaN, so each output of the row is NaN; one whose largest
/// number is below 2^-118 counts as zeros.
/// Cost: about 2 instructions an element; x is read twice, from the first-level cache the second time.</summary>
internal static unsafe class Int8Rows
{
    /// <summary>k of a block.</summary>
    public const int BlockK = 32;

    /// <summary>Where the scale times the sum of the integers is; the scale itself comes first.</summary>
    public const int ScaledSum = 4;

    /// <summary>Where the start of the first sums is; that of the second follows.</summary>
    public const int Start = 8;

    /// <summary>Where the integers are.</summary>
    public const int Integers = 16;

    /// <summary>1.5 · 2^23 as a float: an integer that is added to these bits is added to the number.</summary>
    public const int Bias = 0x4B400000;

    /// <summary>The number whose bits <see cref="Bias"/> is.</summary>
    public const float BiasAsFloat = 12582912f;

    private const float LargestInteger = 127f;
    private const int NotFinite = 0x7F800000;

    // 2^-118: the factor 127 / max|x| is still finite.
    private const int LeastLargest = (127 - 118) << 23;

    /// <summary>Bytes of a block.</summary>
    /// <param name="stepK">As the dot product has it: 4 for bytes, 2 for words.</param>
    public static int BlockBytes(int stepK) => Integers + 4 * BlockK / stepK;

    /// <summary>Blocks of a row of <paramref name="k"/> numbers.</summary>
    public static int Blocks(int k) => (k + BlockK - 1) / BlockK;

    /// <summary>Fills the blocks of one row.</summary>
    /// <param name="x">k numbers.</param>
    /// <param name="k">Numbers.</param>
    /// <param name="row">Blocks(k) blocks.</param>
    /// <param name="blockBytes">As <see cref="BlockBytes"/> has it.</param>
    /// <param name="zeroPoint">What each integer of the weight has too much.</param>
    /// <param name="inHalves">Whether sums are over 16 k and not 32.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantize(float* x, int k, byte* row, int blockBytes, int zeroPoint, bool inHalves)
    {
        var last = stackalloc float[BlockK];
        var whole = k / BlockK;
        if (whole * BlockK < k)
        {
            new Span<float>(last, BlockK).Clear();
            new Span<float>(x + whole * BlockK, k - whole * BlockK).CopyTo(new Span<float>(last, BlockK));
        }

        // First all scales: an integer waits long for its block's, and a processor cannot look beyond two or three that do.
        var blocks = Blocks(k);
        for (nint b = 0; b < blocks; b++)
        {
            Scales(b < whole ? x + b * BlockK : last, row + b * blockBytes);
        }

        for (nint b = 0; b < blocks; b++)
        {
            var block = row + b * blockBytes;
            var bytes = Round(b < whole ? x + b * BlockK : last, *(float*)(block + ScaledSum));
            if (blockBytes == BlockBytes(stepK: 4))
            {
                Vector256.Store(bytes, (sbyte*)(block + Integers));
            }
            else
            {
                StoreWords(bytes.AsInt16(), (short*)(block + Integers));
            }

            var (first, second) = Sums(bytes);
            *(float*)(block + ScaledSum) = *(float*)block * (first + second);
            ((int*)(block + Start))[0] = Bias - zeroPoint * (inHalves ? first : first + second);
            ((int*)(block + Start))[1] = Bias - zeroPoint * second;
        }
    }

    /// <summary>The scale, and for now the factor to integers where the scaled sum will be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scales(float* x, byte* block)
    {
        // As integers, magnitudes are ordered as numbers, then infinity, then NaN.
        var magnitude = Vector256.Create(int.MaxValue);
        var most = Vector256.Max(
            Vector256.Max(Vector256.Load((int*)x) & magnitude, Vector256.Load((int*)x + 8) & magnitude),
            Vector256.Max(Vector256.Load((int*)x + 16) & magnitude, Vector256.Load((int*)x + 24) & magnitude));
        var four = Vector128.Max(most.GetLower(), most.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2)));
        var bits = four.ToScalar();
        var largest = BitConverter.Int32BitsToSingle(bits);
        var isNumber = bits is >= LeastLargest and < NotFinite;
        *(float*)block = isNumber ? largest / LargestInteger : bits < NotFinite ? 0f : float.NaN;
        *(float*)(block + ScaledSum) = isNumber ? LargestInteger / largest : 0f;
    }

    /// <summary>The integers; any where a number is not finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Round(float* x, float factor)
    {
        // Adding 1.5 · 2^23 rounds to an integer, whose two's complement is then in the low bits.
        var factors = Vector256.Create(factor);
        var bias = Vector256.Create(BiasAsFloat);
        var q0 = (Vector256.Load(x) * factors + bias).AsInt32();
        var q1 = (Vector256.Load(x + 8) * factors + bias).AsInt32();
        var q2 = (Vector256.Load(x + 16) * factors + bias).AsInt32();
        var q3 = (Vector256.Load(x + 24) * factors + bias).AsInt32();
        return Pack(q0, q1, q2, q3);
    }

    /// <summary>Bytes as words: of each 16 first the even ones, then the odd ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreWords(Vector256<short> pairs, short* words)
    {
        var even = (pairs << 8) >> 8;
        var odd = pairs >> 8;
        Vector128.Store(even.GetLower(), words);
        Vector128.Store(odd.GetLower(), words + 8);
        Vector128.Store(even.GetUpper(), words + 16);
        Vector128.Store(odd.GetUpper(), words + 24);
    }

    /// <summary>The low bytes in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Pack(Vector256<int> q0, Vector256<int> q1, Vector256<int> q2, Vector256<int> q3)
    {
        if (!Avx2.IsSupported)
        {
            return Vector256.Narrow(Vector256.Narrow(q0, q1), Vector256.Narrow(q2, q3));
        }

        // Fewer shuffles than three narrowings, which are what this waits for; they leave groups of four out of order.
        var bias = Vector256.Create(Bias);
        var first = Avx2.PackSignedSaturate(q0 - bias, q1 - bias);
        var second = Avx2.PackSignedSaturate(q2 - bias, q3 - bias);
        var groups = Avx2.PackSignedSaturate(first, second).AsInt32();
        return Avx2.PermuteVar8x32(groups, Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).AsSByte();
    }

    /// <summary>Sums of the first and of the second 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int First, int Second) Sums(Vector256<sbyte> bytes)
    {
        if (!Avx2.IsSupported)
        {
            var (lower, upper) = Vector256.Widen(bytes);
            return (Vector256.Sum(lower), Vector256.Sum(upper));
        }

        // Of eight unsigned bytes at a time, each 128 too much.
        var sums = Avx2.SumAbsoluteDifferences((bytes ^ Vector256.Create(sbyte.MinValue)).AsByte(), Vector256<byte>.Zero).AsInt64();
        var halves = sums + Vector256.Shuffle(sums, Vector256.Create(1, 0, 3, 2));
        return ((int)halves[0] - 16 * 128, (int)halves[2] - 16 * 128);
    }
}
