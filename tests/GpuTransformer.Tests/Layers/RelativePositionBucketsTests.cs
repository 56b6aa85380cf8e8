using GpuTransformer.Layers;
using Xunit;

namespace GpuTransformer.Tests.Layers;

public class RelativePositionBucketsTests
{
    /// <summary>First distance of each bucket for 32 buckets up to 128, both directions: 8 · 16^(k/8) from the ninth on.</summary>
    private static readonly int[] s_both = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91];

    /// <summary>The same for one direction: 16 · 8^(k/16) from the seventeenth on.</summary>
    private static readonly int[] s_back =
        [.. Enumerable.Range(0, 17), 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113];

    [Fact]
    public void Buckets_begin_where_the_formula_says()
    {
        var both = new RelativePositionBuckets(bidirectional: true, 32, 128);
        var back = new RelativePositionBuckets(bidirectional: false, 32, 128);
        for (var distance = 0; distance < 1000; distance++)
        {
            var bucket = s_both.Count(first => first <= distance) - 1;
            Assert.Equal(bucket, both.Of(-distance));
            Assert.Equal(distance == 0 ? 0 : 16 + bucket, both.Of(distance));
            Assert.Equal(s_back.Count(first => first <= distance) - 1, back.Of(-distance));
            Assert.Equal(0, back.Of(distance));
        }
    }

    [Theory]
    [InlineData(4, 3)]
    [InlineData(8, 16)]
    [InlineData(9, 20)]
    [InlineData(32, 128)]
    [InlineData(32, 17)]
    [InlineData(64, 1000)]
    public void Nothing_changes_beyond_the_reach_so_a_clamped_distance_is_exact(int numBuckets, int maxDistance)
    {
        foreach (var bidirectional in new[] { true, false })
        {
            var buckets = new RelativePositionBuckets(bidirectional, numBuckets, maxDistance);
            Assert.InRange(buckets.Reach, 1, maxDistance);
            Assert.NotEqual(
                (buckets.Of(buckets.Reach), buckets.Of(-buckets.Reach)), (buckets.Of(buckets.Reach - 1), buckets.Of(1 - buckets.Reach)));
            var biases = Enumerable.Range(0, numBuckets * 3).Select(i => (float)i).ToArray();
            var table = buckets.Expand(biases, heads: 3);
            var width = 2 * buckets.Reach + 1;
            Assert.Equal(3 * width, table.Length);
            for (var distance = -5 * maxDistance; distance <= 5 * maxDistance; distance++)
            {
                var bucket = buckets.Of(distance);
                Assert.InRange(bucket, 0, numBuckets - 1);
                for (var head = 0; head < 3; head++)
                {
                    var clamped = Math.Clamp(distance, -buckets.Reach, buckets.Reach);
                    Assert.Equal(biases[bucket * 3 + head], table[head * width + buckets.Reach + clamped]);
                }
            }
        }
    }
}
