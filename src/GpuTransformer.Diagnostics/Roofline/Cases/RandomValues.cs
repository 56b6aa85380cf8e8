using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Reproducible numbers, evenly spread over [-magnitude, magnitude]: pieces of one block, begun at a place that
/// the name decides, so that hundreds of megabytes of weights are made in no time.</summary>
internal static class RandomValues
{
    // A prime, so that rows of a power of two do not repeat each other.
    private const int BlockLength = 65_521;
    private static readonly float[] s_block = MakeBlock();

    public static void Fill(string name, long first, float magnitude, Span<float> values)
    {
        var start = (int)((StableHash(name) + first) % BlockLength);
        for (var done = 0; done < values.Length;)
        {
            var count = Math.Min(values.Length - done, BlockLength - start);
            for (var i = 0; i < count; i++)
            {
                values[done + i] = magnitude * s_block[start + i];
            }

            done += count;
            start = 0;
        }
    }

    /// <summary>A weight (n, k) that keeps the size of what it is multiplied with.</summary>
    public static WeightRows Weight(string name, int n, int k) => new RandomRows(name, n, k);

    private static float[] MakeBlock()
    {
        var random = new Random(7);
        var block = new float[BlockLength];
        for (var i = 0; i < block.Length; i++)
        {
            block[i] = random.NextSingle() * 2 - 1;
        }

        return block;
    }

    private static uint StableHash(string name)
    {
        // FNV-1a; string.GetHashCode differs from run to run.
        var hash = 2_166_136_261;
        foreach (var character in name)
        {
            hash = (hash ^ character) * 16_777_619;
        }

        return hash;
    }

    private sealed class RandomRows(string name, int n, int k) : WeightRows(name, n, k)
    {
        private readonly float _magnitude = MathF.Sqrt(3f / k);

        public override void Read(int row, int column, Span<float> values) =>
            Fill(Name, (long)row * K + column, _magnitude, values);
    }
}
