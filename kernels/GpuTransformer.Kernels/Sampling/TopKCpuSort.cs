using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Top-k by sorting all places of a row, for a k beyond what a sorted list is good for.</summary>
internal static unsafe class TopKCpuSort
{
    /// <summary>Writes the k largest; returns whether the row is without NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Run(float* x, int width, int k, int* indices, float* values)
    {
        var keys = new Span<long>(CpuScratch.Floats(2 * width), width);
        var numbers = true;
        for (var i = 0; i < width; i++)
        {
            numbers &= !float.IsNaN(x[i]);

            // The larger value first, then the smaller index; the sort is ascending.
            keys[i] = (long)~Order(x[i]) << 32 | (uint)i;
        }

        keys.Sort();
        for (var i = 0; i < k; i++)
        {
            indices[i] = (int)keys[i];
            values[i] = x[indices[i]];
        }

        return numbers;
    }

    /// <summary>An integer that is ordered as the floats are, with both zeros equal and NaN below everything.</summary>
    private static int Order(float value)
    {
        if (float.IsNaN(value))
        {
            return int.MinValue;
        }

        var bits = BitConverter.SingleToInt32Bits(value + 0f);
        return bits < 0 ? bits ^ int.MaxValue : bits;
    }
}
