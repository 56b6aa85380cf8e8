using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuTransformer.Weights;

/// <summary>Cosines between a direction and every row of a table. On the host: one pass over the table takes as long as
/// reading it from memory, less than sending it to a device.</summary>
internal static class WordCosines
{
    /// <summary>The length of each row.</summary>
    public static float[] Norms(float[] table, int width)
    {
        var norms = new float[table.Length / width];
        for (int row = 0; row < norms.Length; row++)
        {
            ReadOnlySpan<float> vector = table.AsSpan(row * width, width);
            norms[row] = MathF.Sqrt(Dot(vector, vector));
        }
        return norms;
    }

    /// <summary>The unit vector along the sum of the added rows' unit vectors less those of the taken ones.</summary>
    public static float[] Mean(float[] table, float[] norms, int width, int[] added, int[] taken)
    {
        var mean = new float[width];
        foreach (int row in added)
        {
            Add(mean, table.AsSpan(row * width, width), norms[row], 1);
        }
        foreach (int row in taken)
        {
            Add(mean, table.AsSpan(row * width, width), norms[row], -1);
        }
        float norm = MathF.Sqrt(Dot(mean, mean));
        for (int i = 0; i < width && norm > 0; i++)
        {
            mean[i] /= norm;
        }
        return mean;
    }

    /// <summary>The rows with the largest cosines, best first, the earlier row of two that are equal.</summary>
    /// <param name="table">Rows of <paramref name="direction"/>'s length.</param>
    /// <param name="norms">Their lengths. A row of length 0 has a cosine of 0.</param>
    /// <param name="direction">A unit vector.</param>
    /// <param name="leftOut">Rows that are passed over.</param>
    /// <param name="count">How many.</param>
    public static List<(int Row, float Score)> Best(
        float[] table, float[] norms, float[] direction, HashSet<int> leftOut, int count)
    {
        var best = new PriorityQueue<int, (float Score, int Before)>();
        for (int row = 0; row < norms.Length; row++)
        {
            float dot = Dot(table.AsSpan(row * direction.Length, direction.Length), direction);
            var rank = (norms[row] > 0 ? dot / norms[row] : 0, -row);
            bool wanted = best.Count < count || (count > 0 && best.TryPeek(out _, out var least) && rank.CompareTo(least) > 0);
            if (wanted && !leftOut.Contains(row))
            {
                best.Enqueue(row, rank);
                if (best.Count > count)
                {
                    _ = best.Dequeue();
                }
            }
        }
        var ordered = new List<(int, float)>(best.Count);
        while (best.TryDequeue(out int row, out var rank))
        {
            ordered.Add((row, rank.Score));
        }
        ordered.Reverse();
        return ordered;
    }

    private static void Add(float[] sum, ReadOnlySpan<float> vector, float norm, int sign)
    {
        for (int i = 0; i < vector.Length && norm > 0; i++)
        {
            sum[i] += sign * (vector[i] / norm);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> first = Vector<float>.Zero;
        Vector<float> second = Vector<float>.Zero;
        int step = Vector<float>.Count;
        int i = 0;
        for (; i <= a.Length - 2 * step; i += 2 * step)
        {
            first += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
            second += new Vector<float>(a[(i + step)..]) * new Vector<float>(b[(i + step)..]);
        }
        float sum = Vector.Sum(first + second);
        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
