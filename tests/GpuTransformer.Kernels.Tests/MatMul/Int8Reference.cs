using System.Buffers.Binary;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The formula of products of 8-bit activations, one number at a time: integers from the blocks as GGUF stores
/// them, exact sums of integers, floats added block after block.</summary>
internal static class Int8Reference
{
    /// <summary>One output in float32, to the bit, and the same sum in float64.</summary>
    /// <param name="x">A row of x.</param>
    /// <param name="encoding">How the row of the weight is stored.</param>
    /// <param name="stored">Its blocks.</param>
    /// <returns>The sum, the same without roundings, and the sum of the magnitudes of what was added.</returns>
    public static (float Sum, double Exact, double Magnitude) Output(
        ReadOnlySpan<float> x, WeightEncoding encoding, ReadOnlySpan<byte> stored)
    {
        var (sum, exact, magnitude) = (0f, 0d, 0d);
        Span<int> q = stackalloc int[32];
        Span<int> weights = stackalloc int[32];
        for (var k = 0; k < x.Length; k += 32)
        {
            var scaleOfX = Quantize(x[k..Math.Min(k + 32, x.Length)], q);
            var (first, second, minimum) = Decode(encoding, stored, k / 32, weights);
            var part = encoding == WeightEncoding.Q6_K ? 16 : 32;
            for (var start = 0; start < 32; start += part)
            {
                var integers = 0;
                for (var i = start; i < start + part; i++)
                {
                    integers += q[i] * weights[i];
                }

                Add(integers, scaleOfX * (start == 0 ? first : second));
            }

            if (encoding is WeightEncoding.Q4_1 or WeightEncoding.Q4_K)
            {
                var sumOfX = 0;
                foreach (var value in q)
                {
                    sumOfX += value;
                }

                Add(minimum, scaleOfX * sumOfX);
            }
        }

        return (sum, exact, magnitude);

        void Add(float left, float right)
        {
            sum = MathF.FusedMultiplyAdd(left, right, sum);
            exact += (double)left * right;
            magnitude += Math.Abs((double)left * right);
        }
    }

    private static float Quantize(ReadOnlySpan<float> x, Span<int> q)
    {
        q.Clear();
        var largest = 0f;
        foreach (var value in x)
        {
            if (!float.IsFinite(value))
            {
                return float.NaN;
            }

            largest = Math.Max(largest, Math.Abs(value));
        }

        if (largest < MathF.ScaleB(1f, -118))
        {
            return 0f;
        }

        for (var i = 0; i < x.Length; i++)
        {
            q[i] = (int)MathF.Round(x[i] * (127f / largest), MidpointRounding.ToEven);
        }

        return largest / 127f;
    }

    /// <summary>Integers of block <paramref name="b"/> of 32, its scale or its two, its minimum.</summary>
    private static (float First, float Second, float Minimum) Decode(
        WeightEncoding encoding, ReadOnlySpan<byte> stored, int b, Span<int> q)
    {
        switch (encoding)
        {
            case WeightEncoding.Q8_0:
                stored = stored.Slice(34 * b, 34);
                for (var i = 0; i < 32; i++)
                {
                    q[i] = (sbyte)stored[2 + i];
                }

                return (Half(stored), 0f, 0f);
            case WeightEncoding.Q4_0:
                stored = stored.Slice(18 * b, 18);
                for (var i = 0; i < 32; i++)
                {
                    q[i] = Four(stored[2 + i % 16], i / 16) - 8;
                }

                return (Half(stored), 0f, 0f);
            case WeightEncoding.Q4_1:
                stored = stored.Slice(20 * b, 20);
                for (var i = 0; i < 32; i++)
                {
                    q[i] = Four(stored[4 + i % 16], i / 16);
                }

                return (Half(stored), 0f, Half(stored[2..]));
            case WeightEncoding.Q4_K:
                return Q4_K(stored.Slice(144 * (b / 8), 144), b % 8, q);
            default:
                return Q6_K(stored.Slice(210 * (b / 8), 210), b % 8, q);
        }
    }

    private static (float Scale, float None, float Minimum) Q4_K(ReadOnlySpan<byte> b, int group, Span<int> q)
    {
        for (var i = 0; i < 32; i++)
        {
            q[i] = Four(b[16 + group / 2 * 32 + i], group % 2);
        }

        var scale = group < 4 ? b[4 + group] & 63 : (b[8 + group] & 15) + (b[group] >> 6) * 16;
        var minimum = group < 4 ? b[8 + group] & 63 : (b[8 + group] >> 4) + (b[4 + group] >> 6) * 16;
        return (Half(b) * scale, 0f, -(Half(b[2..]) * minimum));
    }

    private static (float First, float Second, float None) Q6_K(ReadOnlySpan<byte> b, int group, Span<int> q)
    {
        var (half, quarter) = (group / 4, group % 4);
        for (var i = 0; i < 32; i++)
        {
            var lower = Four(b[64 * half + quarter % 2 * 32 + i], quarter / 2);
            var upper = (b[128 + 32 * half + i] >> (2 * quarter)) & 3;
            q[i] = lower + 16 * upper - 32;
        }

        return (Half(b[208..]) * (sbyte)b[192 + 2 * group], Half(b[208..]) * (sbyte)b[193 + 2 * group], 0f);
    }

    private static int Four(byte value, int half) => half == 0 ? value & 15 : value >> 4;

    private static float Half(ReadOnlySpan<byte> b) => (float)BinaryPrimitives.ReadHalfLittleEndian(b);
}
