namespace GpuTransformer.Generation;

/// <summary>Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a number is a function of a
/// key and a counter, so that a stream is the same wherever and in whatever order it is asked for.</summary>
internal static class Philox
{
    private const uint MultiplierA = 0xD2511F53;
    private const uint MultiplierB = 0xCD9E8D57;
    private const uint WeylA = 0x9E3779B9;
    private const uint WeylB = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    /// <param name="seed">The key.</param>
    /// <param name="sequence">Which stream.</param>
    /// <param name="step">Which number of the stream.</param>
    /// <param name="draw">Which of the numbers of a step.</param>
    public static double Uniform(ulong seed, uint sequence, uint step, ulong draw = 0)
    {
        var bits = Block(seed, (uint)draw, (uint)(draw >> 32), step, sequence);
        return (bits >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>The first two words of a block, the first one in the lower half.</summary>
    internal static ulong Block(ulong key, uint c0, uint c1, uint c2, uint c3)
    {
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < Rounds; round++)
        {
            var a = (ulong)MultiplierA * c0;
            var b = (ulong)MultiplierB * c2;
            (c0, c1, c2, c3) = ((uint)(b >> 32) ^ c1 ^ k0, (uint)b, (uint)(a >> 32) ^ c3 ^ k1, (uint)a);
            k0 += WeylA;
            k1 += WeylB;
        }

        return c0 | ((ulong)c1 << 32);
    }
}
