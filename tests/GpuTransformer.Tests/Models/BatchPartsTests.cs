using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>How a batch is cut into parts.</summary>
public class BatchPartsTests
{
    [Fact]
    public void Every_sequence_is_in_one_part_and_none_is_too_large()
    {
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var rows = Enumerable.Range(0, random.Next(0, 80)).Select(_ => random.Next(1, 130)).ToArray();
            var most = random.Next(1, 1000);
            var next = 0;
            foreach (var range in BatchParts.Cut(rows, most))
            {
                var (first, count) = range.GetOffsetAndLength(rows.Length);
                Assert.Equal(next, first);
                Assert.True(count > 0);
                Assert.True(count == 1 || rows.AsSpan(first, count).ToArray().Sum() <= most);
                next += count;
            }

            Assert.Equal(rows.Length, next);
        }
    }

    [Fact]
    public void Parts_are_nearly_equal()
    {
        int[] rows = [.. Enumerable.Repeat(11, 100)];
        var sums = BatchParts.Cut(rows, 512).Select(range => 11 * range.GetOffsetAndLength(rows.Length).Length).ToArray();
        Assert.Equal(3, sums.Length);
        Assert.All(sums, sum => Assert.InRange(sum, 350, 385));
    }
}
