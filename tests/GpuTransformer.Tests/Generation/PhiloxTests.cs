using GpuTransformer.Generation;
using Xunit;

namespace GpuTransformer.Tests.Generation;

/// <summary>The random stream against the known answers of its authors (Random123, kat_vectors).</summary>
public class PhiloxTests
{
    [Theory]
    [InlineData(0UL, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du)]
    [InlineData(ulong.MaxValue, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu)]
    [InlineData(0x299f31d0a4093822UL, 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xd16cfe09u, 0x94fdccebu)]
    public void Blocks_are_the_known_ones(ulong key, uint c0, uint c1, uint c2, uint c3, uint first, uint second)
    {
        var block = Philox.Block(key, c0, c1, c2, c3);
        Assert.Equal(first, (uint)block);
        Assert.Equal(second, (uint)(block >> 32));
    }

    [Fact]
    public void Numbers_are_spread_evenly_and_differ_by_every_argument()
    {
        var counts = new int[10];
        for (uint step = 0; step < 100_000; step++)
        {
            counts[(int)(10 * Philox.Uniform(7, 3, step))]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
        double[] values = [Philox.Uniform(1, 1, 1), Philox.Uniform(2, 1, 1), Philox.Uniform(1, 2, 1), Philox.Uniform(1, 1, 2), Philox.Uniform(1, 1, 1, 1UL << 32)];
        Assert.Equal(values.Length, values.Distinct().Count());
    }
}
