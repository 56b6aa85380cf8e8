namespace GpuTransformer.Diagnostics.References;

/// <summary>Rotary position embedding in float64, with an RMSNorm of each head before it where asked for.</summary>
internal static class RotaryReference
{
    /// <summary>Turns heads by halves; a place outside the table is read as 0.</summary>
    /// <param name="x">(rows, heads · headDim).</param>
    /// <param name="table">(tableRows, rotaryDim): cosines, then sines.</param>
    /// <param name="normWeight">weight of the norm, (headDim); null: no norm.</param>
    /// <param name="places">Row of the table for each row of x.</param>
    public static double[] Compute(
        float[] x, float[] table, int tableRows, float[]? normWeight, int[] places, int heads, int headDim, int rotaryDim,
        double weightShift, double epsilon)
    {
        var half = rotaryDim / 2;
        var result = new double[x.Length];
        for (var i = 0; i < x.Length; i += headDim)
        {
            var head = x[i..(i + headDim)].Select(v => (double)v).ToArray();
            if (normWeight is not null)
            {
                var root = Math.Sqrt(head.Average(v => v * v) + epsilon);
                head = [.. head.Select((v, d) => v / root * (normWeight[d] + weightShift))];
            }

            var place = places[i / (heads * headDim)];
            var angles = table.AsSpan((place >= 0 && place < tableRows ? place : 0) * rotaryDim, rotaryDim);
            for (var d = 0; d < headDim; d++)
            {
                result[i + d] = d < half ? head[d] * angles[d] - head[d + half] * angles[half + d]
                    : d < rotaryDim ? head[d] * angles[d - half] + head[d - half] * angles[d]
                    : head[d];
            }
        }

        return result;
    }
}
