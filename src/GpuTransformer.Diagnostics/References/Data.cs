namespace GpuTransformer.Diagnostics.References;

/// <summary>Seeded inputs for kernels.</summary>
internal static class Data
{
    /// <summary>Normal values of standard deviation 1.</summary>
    public static float[] Normal(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }

    /// <summary>Normal values with one in about 50 multiplied by 30: results that are not all near zero.</summary>
    public static float[] WithOutliers(int count, int seed)
    {
        var values = Normal(count, seed);
        var random = new Random(seed + 1);
        for (var i = 0; i < count; i++)
        {
            if (random.Next(50) == 0)
            {
                values[i] *= 30;
            }
        }

        return values;
    }

    /// <summary>Rows set apart by a stride from an offset on; what lies between is NaN.</summary>
    public static float[] Strided(float[] values, int rows, int width, int stride, int offset)
    {
        var strided = new float[offset + rows * stride];
        Array.Fill(strided, float.NaN);
        for (var r = 0; r < rows; r++)
        {
            values.AsSpan(r * width, width).CopyTo(strided.AsSpan(offset + r * stride));
        }

        return strided;
    }
}
