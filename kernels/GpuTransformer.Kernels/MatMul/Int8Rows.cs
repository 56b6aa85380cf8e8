using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>Rows of x as 8-bit integers.
/// Computes: for each block of 32 k of a row, scale d = max|x| / 127 and q = x · (127 / max|x|), rounded to the nearest
/// integer, a tie to the even one; a last block is filled up with zeros.
/// Layout: a block is d, d · Σq, and what sums of products over its first and its second 16 k (or over all 32) begin with,
/// <see cref="Bias"/> less the weight's zero point times Σq; then 32 bytes q, or 32 words, four k in the order 0, 2, 1, 3.
/// Numerics: exact but for d, the factor and the products by it, one rounding each; the same on every processor.
/// Edges: a block that holds NaN or an infinity has the scale NaN, so each output of the row is NaN; one whose largest
/// number is below 2^-118 counts as zeros.
/// Cost: about 2 instructions an element; x is read once.</summary>
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

    // That of 16 integers which have it.
    private const int SumOfBias = unchecked(16 * Bias);
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
    public static void Quantize(float* x, int k, byte* row, int blockBytes, int zeroPoint, bool inHalves)
    {
        var last = stackalloc float[BlockK];
        for (; k > 0; k -= BlockK, x += BlockK, row += blockBytes)
        {
            if (k < BlockK)
            {
                new Span<float>(last, BlockK).Clear();
                Buffer.MemoryCopy(x, last, BlockK * sizeof(float), k * sizeof(float));
                x = last;
            }

            var (first, second) = Block(x, row, blockBytes == BlockBytes(stepK: 2));
            *(float*)(row + ScaledSum) = *(float*)row * (first + second);
            ((int*)(row + Start))[0] = Bias - zeroPoint * (inHalves ? first : first + second);
            ((int*)(row + Start))[1] = Bias - zeroPoint * second;
        }
    }

    /// <summary>The integers and the scale of a block; returns the sums of its halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int First, int Second) Block(float* x, byte* block, bool asWords)
    {
        var x0 = Vector256.Load(x);
        var x1 = Vector256.Load(x + 8);
        var x2 = Vector256.Load(x + 16);
        var x3 = Vector256.Load(x + 24);

        // As integers, magnitudes are ordered as numbers, then infinity, then NaN.
        var magnitude = Vector256.Create(int.MaxValue);
        var most = Vector256.Max(
            Vector256.Max(x0.AsInt32() & magnitude, x1.AsInt32() & magnitude),
            Vector256.Max(x2.AsInt32() & magnitude, x3.AsInt32() & magnitude));
        var four = Vector128.Max(most.GetLower(), most.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2)));
        var bits = four.ToScalar();
        if (bits is < LeastLargest or >= NotFinite)
        {
            *(float*)block = bits < NotFinite ? 0f : float.NaN;
            new Span<byte>(block + Integers, BlockBytes(asWords ? 2 : 4) - Integers).Clear();
            return (0, 0);
        }

        // Adding 1.5 · 2^23 rounds to an integer, whose two's complement is then in the low bits.
        var largest = BitConverter.Int32BitsToSingle(bits);
        var factor = Vector256.Create(LargestInteger / largest);
        var bias = Vector256.Create(BiasAsFloat);
        var q0 = (x0 * factor + bias).AsInt32();
        var q1 = (x1 * factor + bias).AsInt32();
        var q2 = (x2 * factor + bias).AsInt32();
        var q3 = (x3 * factor + bias).AsInt32();
        *(float*)block = largest / LargestInteger;
        var integers = block + Integers;
        if (asWords)
        {
            var order = Vector256.Create(0, 2, 1, 3, 4, 6, 5, 7);
            Vector256.Store(
                Vector256.Narrow(Vector256.Shuffle(q0, order), Vector256.Shuffle(q1, order)), (short*)integers);
            Vector256.Store(
                Vector256.Narrow(Vector256.Shuffle(q2, order), Vector256.Shuffle(q3, order)), (short*)(integers + 32));
        }
        else
        {
            Vector256.Store(Vector256.Narrow(Vector256.Narrow(q0, q1), Vector256.Narrow(q2, q3)), (sbyte*)integers);
        }

        return (Vector256.Sum(q0 + q1) - SumOfBias, Vector256.Sum(q2 + q3) - SumOfBias);
    }
}
