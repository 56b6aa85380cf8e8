using System.Runtime.Intrinsics;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Weights from scores: a row's bits are the same alone, beside another and beside five.</summary>
public sealed unsafe class AttentionCpuWeightsTests
{
    private const int Rows = 6;
    private const int Slots = 176;

    public static TheoryData<int> Widths => SimdWidths.All;

    [Theory]
    [MemberData(nameof(Widths))]
    public void ARowHasTheSameBitsWhateverIsBesideIt(int bits)
    {
        foreach (var (begin, end) in new[] { (0, 16), (0, 176), (5, 40), (16, 96), (32, 33), (100, 175) })
        {
            switch (bits)
            {
                case 512: Compare<Simd512, Vector512<float>>(begin, end); break;
                case 256: Compare<Simd256, Vector256<float>>(begin, end); break;
                default: Compare<Simd128, Vector128<float>>(begin, end); break;
            }
        }
    }

    private static void Compare<TSimd, TVector>(int begin, int end)
        where TSimd : ISimd<TVector>
        where TVector : struct
    {
        var (alone, pairs, six) = (Scores(), Scores(), Scores());
        var (max, sum) = (new float[3 * Rows], new float[3 * Rows]);
        fixed (float* a = alone, p = pairs, s = six, m = max, t = sum)
        {
            for (var r = 0; r < Rows; r++)
            {
                AttentionCpuWeights<TSimd, TVector>.Run(a + r * Slots, Slots, 1, begin, end, m + r, t + r);
            }

            for (var r = 0; r < Rows; r += 2)
            {
                AttentionCpuWeights<TSimd, TVector>.Run(p + r * Slots, Slots, 2, begin, end, m + Rows + r, t + Rows + r);
            }

            AttentionCpuWeights<TSimd, TVector>.Run(s, Slots, Rows, begin, end, m + 2 * Rows, t + 2 * Rows);
        }

        Assert.Equal(alone, pairs);
        Assert.Equal(alone, six);
        foreach (var all in new[] { max, sum })
        {
            Assert.Equal(all[..Rows], all[Rows..(2 * Rows)]);
            Assert.Equal(all[..Rows], all[(2 * Rows)..]);
        }

        // The row that sees nothing has weights of 0, and the others a largest of 1.
        Assert.Equal((0f, 0f), (max[3], sum[3]));
        Assert.All(sum[..3], x => Assert.InRange(x, 1f, Slots));
    }

    private static float[] Scores()
    {
        var random = new Random(11);
        var scores = Enumerable.Range(0, Rows * Slots).Select(_ => 60 * random.NextSingle() - 30).ToArray();
        Array.Fill(scores, float.NegativeInfinity, 3 * Slots, Slots);
        for (var slot = 0; slot < Slots; slot += 3)
        {
            scores[4 * Slots + slot] = float.NegativeInfinity;
            scores[5 * Slots + slot] -= 100f;
        }

        return scores;
    }
}
