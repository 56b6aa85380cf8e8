using GpuTransformer.Generation;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>How inputs are spread.</summary>
internal enum Spread
{
    /// <summary>Normal, deviation 1.</summary>
    Normal,

    /// <summary>Normal, and one in 50 multiplied by 30: results that are not all near zero.</summary>
    Outliers,
}

/// <summary>Inputs from a seed by counter (Philox): what a unit holds depends on nothing but seed, shape, tensor and unit,
/// so that the same unit alone and among others has the same inputs.</summary>
internal sealed class UnitValues(ulong seed, string shape)
{
    /// <summary>The unit of what all units share.</summary>
    public const int Shared = -1;

    private const double OutlierFactor = 30;
    private const uint OutlierEvery = 50;
    private const int ElementsAtOnce = 4096;
    private const double Scale = 1.0 / (1L << 32);
    private readonly uint _shape = Fold(shape);

    /// <summary>The elements of a unit's part of a tensor.</summary>
    public void Fill(uint tensor, int unit, Span<float> values, Spread spread)
    {
        for (var i = 0; i < values.Length; i++)
        {
            // Box and Muller's transform of two uniform numbers.
            var bits = Philox.Block(seed, (uint)i, (uint)unit, tensor, _shape);
            var (low, high) = ((uint)bits, (uint)(bits >> 32));
            var value = Math.Sqrt(-2 * Math.Log((low + 1.0) * Scale)) * Math.Cos(2 * Math.PI * high * Scale);
            values[i] = (float)(spread == Spread.Outliers && high % OutlierEvery == 0 ? value * OutlierFactor : value);
        }
    }

    /// <summary>A tensor that all units share, filled by several threads.</summary>
    public float[] Filled(uint tensor, int count, Spread spread)
    {
        var values = new float[count];
        Parallel.For(0, (count + ElementsAtOnce - 1) / ElementsAtOnce, part =>
        {
            var first = part * ElementsAtOnce;
            Fill(tensor, Shared - part, values.AsSpan(first, Math.Min(ElementsAtOnce, count - first)), spread);
        });
        return values;
    }

    /// <summary>An integer of a unit in [0, below).</summary>
    public int Integer(uint tensor, int unit, int index, int below) =>
        (int)((Philox.Block(seed, (uint)index, (uint)unit, ~tensor, _shape) >> 16) % (ulong)below);

    // FNV-1a.
    private static uint Fold(string text)
    {
        var hash = 2166136261;
        foreach (var letter in text)
        {
            hash = (hash ^ letter) * 16777619;
        }

        return hash;
    }
}
