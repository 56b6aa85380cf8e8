namespace GpuTransformer.Weights.Blocks;

/// <summary>Turns stored blocks of quantized weights into float32. Each value is computed in the order of operations of
/// the gguf package, every step rounded to float32, so that the results are its own to the last bit.</summary>
internal static class BlockDecoder
{
    private const int LargestBlock = 256;

    /// <summary>Writes <paramref name="destination"/>.Length elements.</summary>
    /// <param name="dtype">A block type.</param>
    /// <param name="blocks">The blocks that hold the elements: the first holds the first of them.</param>
    /// <param name="skip">Elements of the first block before the first one wanted.</param>
    /// <param name="destination">Where they go.</param>
    public static void Decode(WeightDtype dtype, ReadOnlySpan<byte> blocks, int skip, Span<float> destination)
    {
        int elements = dtype.BlockElements();
        int bytes = dtype.Bytes();
        Span<float> one = stackalloc float[LargestBlock];
        one = one[..elements];
        if (skip > 0 && destination.Length > 0)
        {
            Whole(dtype, blocks[..bytes], one);
            int count = Math.Min(elements - skip, destination.Length);
            one.Slice(skip, count).CopyTo(destination);
            destination = destination[count..];
            blocks = blocks[bytes..];
        }
        int whole = destination.Length / elements;
        Whole(dtype, blocks[..(whole * bytes)], destination[..(whole * elements)]);
        destination = destination[(whole * elements)..];
        if (destination.Length > 0)
        {
            Whole(dtype, blocks.Slice(whole * bytes, bytes), one);
            one[..destination.Length].CopyTo(destination);
        }
    }

    private static void Whole(WeightDtype dtype, ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        switch (dtype)
        {
            case WeightDtype.Q4_0:
                BlocksOf32.Q4_0(blocks, destination);
                break;
            case WeightDtype.Q4_1:
                BlocksOf32.Q4_1(blocks, destination);
                break;
            case WeightDtype.Q5_0:
                BlocksOf32.Q5_0(blocks, destination);
                break;
            case WeightDtype.Q5_1:
                BlocksOf32.Q5_1(blocks, destination);
                break;
            case WeightDtype.Q8_0:
                BlocksOf32.Q8_0(blocks, destination);
                break;
            case WeightDtype.Q2_K:
                BlocksWithScalesOf16.Q2_K(blocks, destination);
                break;
            case WeightDtype.Q3_K:
                BlocksWithScalesOf16.Q3_K(blocks, destination);
                break;
            case WeightDtype.Q6_K:
                BlocksWithScalesOf16.Q6_K(blocks, destination);
                break;
            case WeightDtype.Q4_K:
                BlocksWithScalesOf32.Q4_K(blocks, destination);
                break;
            case WeightDtype.Q5_K:
                BlocksWithScalesOf32.Q5_K(blocks, destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a block type");
        }
    }
}
