using System.Buffers.Binary;
using GpuTransformer.Weights;

namespace GpuTransformer.Tests.Weights;

/// <summary>Stored blocks of random integers whose float16 scales and minima are finite.</summary>
internal static class RandomBlocks
{
    /// <summary>Blocks that hold <paramref name="elements"/> numbers.</summary>
    public static byte[] Of(WeightDtype dtype, int elements, float largestScale, int seed)
    {
        var random = new Random(seed);
        var size = dtype.Bytes();
        var bytes = new byte[elements / dtype.BlockElements() * size];
        random.NextBytes(bytes);
        int[] places = dtype == WeightDtype.Q6_K ? [208] : dtype is WeightDtype.Q4_1 or WeightDtype.Q4_K ? [0, 2] : [0];
        for (var block = 0; block < bytes.Length; block += size)
        {
            foreach (var place in places)
            {
                var scale = (2 * random.NextSingle() - 1) * largestScale;
                BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(block + place), (Half)scale);
            }
        }

        return bytes;
    }
}
