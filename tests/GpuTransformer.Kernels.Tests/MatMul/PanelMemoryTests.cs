using System.Globalization;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Memory of packed weights: blocks of any size, beside each other, freed in any order.</summary>
public sealed unsafe class PanelMemoryTests
{
    [Fact]
    public void BlocksDoNotOverlapAndSlabsGoWithTheirLast()
    {
        var memory = new PanelMemory();
        var random = new Random(1);
        var sizes = Enumerable.Range(0, 60).Select(i => i % 20 == 7 ? 40L << 20 : random.NextInt64(1, 3 << 20)).ToArray();
        var blocks = new (nint Block, nint Slab)[sizes.Length];
        for (var i = 0; i < sizes.Length; i++)
        {
            var block = (byte*)memory.Rent(sizes[i], out var slab);
            Assert.Equal(0, (nint)block % 64);
            blocks[i] = ((nint)block, (nint)slab);
            block[0] = block[sizes[i] - 1] = (byte)i;
        }

        var order = Enumerable.Range(0, sizes.Length).ToArray();
        random.Shuffle(order);
        foreach (var i in order)
        {
            var block = (byte*)blocks[i].Block;
            Assert.Equal((byte)i, block[0]);
            Assert.Equal((byte)i, block[sizes[i] - 1]);
            memory.Return(block, (PanelMemory.Slab*)blocks[i].Slab);
        }

        Assert.Equal(0, memory.Slabs);
    }

    [SkippableFact]
    public void SmallMatricesShareASlab()
    {
        Skip.IfNot(HugePages.AreThere, "The system has no huge pages.");
        var memory = new PanelMemory();
        var first = memory.Rent(1 << 20, out var slab);
        var second = memory.Rent(3 << 20, out var same);
        Assert.True(slab == same);
        Assert.Equal(1, memory.Slabs);
        Assert.Contains("hg", FlagsOf((nint)second), StringComparison.Ordinal);
        memory.Return(first, slab);
        Assert.Equal(1, memory.Slabs);
        memory.Return(second, same);
        Assert.Equal(0, memory.Slabs);
    }

    /// <summary>What Linux says of the mapping around an address.</summary>
    private static string FlagsOf(nint address)
    {
        var isThere = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var range = line.Split(' ')[0].Split('-');
            if (range.Length == 2 && long.TryParse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var from))
            {
                isThere = from <= address && address < long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
            else if (isThere && line.StartsWith("VmFlags", StringComparison.Ordinal))
            {
                return line;
            }
        }

        return "";
    }
}
