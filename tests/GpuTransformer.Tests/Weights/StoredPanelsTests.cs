using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Blocks;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Weights that a matrix keeps as the file stores them are the numbers that the file's reader widens.</summary>
public sealed class StoredPanelsTests
{
    [Theory]
    [InlineData(WeightDtype.Q8_0, WeightEncoding.Q8_0)]
    [InlineData(WeightDtype.Q4_0, WeightEncoding.Q4_0)]
    [InlineData(WeightDtype.Q4_1, WeightEncoding.Q4_1)]
    [InlineData(WeightDtype.Q4_K, WeightEncoding.Q4_K)]
    [InlineData(WeightDtype.Q6_K, WeightEncoding.Q6_K)]
    public void BlocksAreTheReadersNumbers(WeightDtype dtype, WeightEncoding encoding)
    {
        const int Rows = 70, First = 7, K = 512;
        using var device = ComputeDevice.Open("cpu");
        var stored = new Blocks(dtype, Rows, K);
        var rows = StoredRows.Of(stored, First, Rows - First, K);
        Assert.Equal(encoding, rows.StoredEncoding);
        using var packed = PackedMatrix.Create(device.Kernels, encoding, rows);
        Assert.Equal(encoding, packed.Encoding);
        var (expected, row) = (new float[K], new float[K]);
        for (var n = 0; n < Rows - First; n++)
        {
            stored.CopyFloat32((First + n) * K, expected);
            packed.CopyRow(n, row);
            Assert.Equal(expected, row);
        }
    }

    private sealed class Blocks : WeightSource
    {
        private readonly byte[] _bytes;

        public Blocks(WeightDtype dtype, int rows, int k) : base("blocks", dtype, [rows, k]) =>
            _bytes = RandomBlocks.Of(dtype, rows * k, largestScale: 0.5f, seed: 3);

        public override void CopyFloat32(long elementOffset, Span<float> destination) =>
            BlockDecoder.Decode(Dtype, Bytes(elementOffset, destination.Length), 0, destination);

        public override ReadOnlySpan<byte> Bytes(long elementOffset, long elementCount)
        {
            int elements = Dtype.BlockElements();
            return _bytes.AsSpan(
                (int)(elementOffset / elements) * Dtype.Bytes(), (int)(elementCount / elements) * Dtype.Bytes());
        }
    }
}
