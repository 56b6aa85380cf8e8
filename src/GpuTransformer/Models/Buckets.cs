using System.Numerics;

namespace GpuTransformer.Models;

/// <summary>Sizes that programs are made for.</summary>
internal static class Buckets
{
    private const int Least = 16;

    /// <summary>The next power of two, at least 16: a session serves every size up to it, and an input costs what it
    /// holds.</summary>
    public static int Of(int size) => (int)Math.Min(1 << 30, BitOperations.RoundUpToPowerOf2((uint)Math.Max(Least, size)));
}
