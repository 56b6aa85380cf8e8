using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>How the CPU matmul is cut into tasks, by sizes and threads alone.</summary>
public sealed class MatMulCpuCutTests
{
    [Fact]
    public void EveryOutput_BelongsToOneTask()
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var rows = random.Next(1, 1 << random.Next(1, 12));
            var n = random.Next(1, 1 << random.Next(1, 16));
            var threads = random.Next(1, 1 << random.Next(1, 9));
            var width = new[] { 8, 12, 16, 48 }[random.Next(4)];
            var cut = Cut(rows, n, random.Next(1, 4000), threads, random.Next(1, 9), width, random.Next(2) == 0, random.Next(2) == 0);

            // Blocks of rows and groups of panels, each without gap or overlap and none empty.
            Assert.Equal(0, cut.FirstRow(0));
            Assert.Equal(rows, cut.FirstRow(cut.RowBlocks));
            for (var block = 0; block < cut.RowBlocks; block++)
            {
                Assert.InRange(cut.FirstRow(block + 1) - cut.FirstRow(block), 1, 512);
            }

            Assert.Equal((n + width - 1) / width, cut.Panels);
            Assert.True(cut.Groups * cut.GroupPanels >= cut.Panels && (cut.Groups - 1) * cut.GroupPanels < cut.Panels);
        }
    }

    [Theory]
    [InlineData(1, 64, 64)]
    [InlineData(4, 128, 128)]
    [InlineData(1, 1, 1)]
    public void SmallWork_IsOneTask(int rows, int n, int k) => Assert.Equal(1, Cut(rows, n, k, 64).Tasks);

    [Theory]
    [InlineData(1, 3072, 768)]
    [InlineData(8, 3072, 768)]
    [InlineData(128, 768, 768)]
    [InlineData(512, 768, 3072)]
    [InlineData(1500, 384, 384)]
    public void LargeWork_HasTasksForEachThread(int rows, int n, int k)
    {
        foreach (var threads in new[] { 2, 8 })
        {
            var cut = Cut(rows, n, k, threads);
            Assert.True(cut.Tasks >= 2 * threads, $"{cut.Tasks} tasks for {threads} threads");
        }
    }

    [Theory]
    [InlineData(1, 32000, 512, 64)]
    [InlineData(8, 3072, 768, 64)]
    [InlineData(16, 384, 1536, 16)]
    [InlineData(128, 768, 768, 64)]
    [InlineData(197, 768, 3072, 64)]
    [InlineData(4096, 384, 384, 64)]
    public void ManyThreads_AllHaveWork(int rows, int n, int k, int least)
    {
        var cut = Cut(rows, n, k, 64);
        Assert.True(cut.Tasks >= least, $"{cut.Tasks} tasks for 64 threads");
    }

    [Theory]
    [InlineData(16, 384, 1536)]
    [InlineData(32, 512, 512)]
    [InlineData(63, 768, 768)]
    public void FewRows_ReadTheWeightOnce(int rows, int n, int k) => Assert.Equal(1, Cut(rows, n, k, 2).RowBlocks);

    [Theory]
    [InlineData(64, 384, 384)]
    [InlineData(128, 768, 3072)]
    [InlineData(197, 3072, 768)]
    public void RowsEnoughForTwoThreads_AreABlockForEach(int rows, int n, int k) =>
        Assert.Equal(2, Cut(rows, n, k, 2).RowBlocks);

    [Fact]
    public void PanelsThatAreWidened_AreReadOnce()
    {
        Assert.Equal(2, Cut(128, 768, 768, 2).RowBlocks);
        Assert.Equal(1, Cut(128, 768, 768, 2, isReady: false).RowBlocks);
        Assert.Equal(1, Cut(128, 768, 768, 2, isPacked: false).RowBlocks);
    }

    [Fact]
    public void FewRows_ArePairedWithPanels()
    {
        var cut = Cut(1, 3072, 768, 2);
        Assert.Equal(0, cut.GroupPanels % 2);
    }

    [Fact]
    public void NoRows_AreNoTasks() => Assert.Equal(0, Cut(0, 100, 100, 4).Tasks);

    private static MatMulCpuCut Cut(
        int rows, int n, int k, int threads, int batch = 1, int width = 48, bool isPacked = true, bool isReady = true) =>
        MatMulCpuCut.Of(rows, n, k, batch, threads, width, 4, isPacked, isPacked && isReady);
}
