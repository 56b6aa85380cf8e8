using System.Numerics;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

public sealed class CheckedSizeTests
{
    private static readonly long[] Edges =
    [
        0, 1, 2, 3, 7, 46340, 46341, int.MaxValue, 1L << 31, 3037000499, 3037000500, 1L << 32, (1L << 32) + 1,
        1L << 62, (1L << 62) + 1, long.MaxValue - 1, long.MaxValue,
    ];

    [Fact]
    public void SumsAndProductsAreExactOrUnknown()
    {
        foreach (long a in Edges)
        {
            foreach (long b in Edges)
            {
                Same((BigInteger)a * b, (CheckedSize)a * b);
                Same((BigInteger)a + b, (CheckedSize)a + b);
            }
        }
    }

    [Fact]
    public void UnknownStaysUnknown()
    {
        CheckedSize unknown = (CheckedSize)long.MaxValue + 1L;
        Assert.False(unknown.IsKnown);
        Assert.False((unknown * 0L).IsKnown);
        Assert.False((unknown + 0L).IsKnown);
        Assert.False(unknown.Within(long.MaxValue));
        Assert.False(unknown.Is(-1));
        Assert.False(((CheckedSize)(-1L)).IsKnown);
        Assert.False(((CheckedSize)(1UL << 63)).IsKnown);
        Assert.True(((CheckedSize)(ulong)long.MaxValue).Is(long.MaxValue));
        Assert.Contains("rows", Assert.Throws<InputException>(() => unknown.Value("rows")).Message);
    }

    [Fact]
    public void ReadersStopAtTheEndAndNameTheField()
    {
        byte[] bytes = [1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9];
        var reader = new BoundedReader(bytes, "f.bin");
        Assert.Equal(1, reader.UInt8("a"));
        Assert.Equal(2, reader.UInt16("b"));
        Assert.Equal(3U, reader.UInt32("c"));
        Assert.Equal(4UL, reader.UInt64("d"));
        Assert.Equal((15L, 1L), (reader.Position, reader.Left));
        string message = Refusal(bytes, 15, (ref BoundedReader r) => r.UInt16("e"));
        Assert.Equal("f.bin: e at byte 15: 2 bytes are needed, 1 are left", message);
        Assert.Contains("over 2^63-1", Refusal(bytes, 0, (ref BoundedReader r) => r.Bytes(ulong.MaxValue, "e")));
        Assert.Contains("16 are left", Refusal(bytes, 0, (ref BoundedReader r) => r.Skip(17L, "e")));
        // 4 records of 1 byte fit into the byte that is left only if nothing is compared.
        Assert.Contains("4 records of at least 1 bytes, 1 bytes are left",
            Refusal(bytes, 7, (ref BoundedReader r) => r.Count(1, "n")));
        byte[] huge = [.. BitConverter.GetBytes(ulong.MaxValue / 8), .. new byte[64]];
        Assert.Contains("records", Refusal(huge, 0, (ref BoundedReader r) => r.Count(9, "n")));
        byte[] fits = [.. BitConverter.GetBytes(7UL), .. new byte[64]];
        var counted = new BoundedReader(fits, "f.bin");
        Assert.Equal(7, counted.Count(9, "n"));
    }

    private delegate void Read(ref BoundedReader reader);

    private static string Refusal(byte[] bytes, int from, Read read)
    {
        try
        {
            var reader = new BoundedReader(bytes, "f.bin");
            reader.Skip(from, "start");
            read(ref reader);
        }
        catch (InputException error)
        {
            return error.Message;
        }
        return "nothing was refused";
    }

    private static void Same(BigInteger expected, CheckedSize found)
    {
        Assert.Equal(expected <= long.MaxValue, found.IsKnown);
        Assert.Equal(expected <= long.MaxValue, expected <= long.MaxValue && found.Is((long)expected));
    }
}
