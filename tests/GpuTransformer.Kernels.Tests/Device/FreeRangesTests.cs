using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The bookkeeping of one slab.</summary>
public sealed class FreeRangesTests
{
    [Fact]
    public void The_shortest_range_that_fits_is_taken()
    {
        var ranges = new FreeRanges(1000);
        var a = ranges.Take(300);
        var b = ranges.Take(100);
        var c = ranges.Take(200);
        Assert.Equal((0, 300, 400), (a, b, c));
        ranges.Give(b, 100);
        Assert.Equal(100, ranges.ShortestFit(80));
        Assert.Equal(400, ranges.ShortestFit(101));
        Assert.Equal(-1, ranges.ShortestFit(401));
        Assert.Equal(300, ranges.Take(80));
        Assert.Equal(20, ranges.ShortestFit(1));
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 1)]
    [InlineData(1, 0, 2)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 0, 1)]
    [InlineData(2, 1, 0)]
    public void Neighbours_merge_in_whatever_order_they_come_back(int first, int second, int third)
    {
        var ranges = new FreeRanges(30);
        long[] parts = [ranges.Take(10), ranges.Take(10), ranges.Take(10)];
        Assert.False(ranges.IsWhole);
        ranges.Give(parts[first], 10);
        ranges.Give(parts[second], 10);
        Assert.False(ranges.IsWhole);
        ranges.Give(parts[third], 10);
        Assert.True(ranges.IsWhole);
        Assert.Equal(30, ranges.ShortestFit(30));
    }

    [Fact]
    public void Parts_never_overlap()
    {
        var random = new Random(7);
        var ranges = new FreeRanges(4096);
        var taken = new List<(long Offset, long Length)>();
        for (var step = 0; step < 5000; step++)
        {
            var bytes = random.Next(1, 200);
            if (taken.Count > 0 && (random.Next(2) == 0 || ranges.ShortestFit(bytes) < 0))
            {
                var i = random.Next(taken.Count);
                ranges.Give(taken[i].Offset, taken[i].Length);
                taken.RemoveAt(i);
                continue;
            }

            var offset = ranges.Take(bytes);
            Assert.InRange(offset, 0, 4096 - bytes);
            Assert.DoesNotContain(taken, t => t.Offset < offset + bytes && offset < t.Offset + t.Length);
            taken.Add((offset, bytes));
        }

        taken.ForEach(t => ranges.Give(t.Offset, t.Length));
        Assert.True(ranges.IsWhole);
    }
}
