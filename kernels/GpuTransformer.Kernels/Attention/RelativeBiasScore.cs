using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>A learned bias by head and distance (T5: Raffel et al. 2019, arXiv:1910.10683, 2.1): score + table[head,
/// clamp(keyPosition - queryPosition, -MaxDistance, MaxDistance)]. Exact where the bias does not change beyond
/// MaxDistance, as T5's buckets do not.</summary>
public struct RelativeBiasScore : IScorePolicy
{
    /// <summary>The biases, (numHeads, 2 · MaxDistance + 1), contiguous; distance 0 is in the middle of a row.</summary>
    public ArrayView<float> Table;

    /// <summary>The largest distance that the table tells apart.</summary>
    public int MaxDistance;

    /// <summary>The policy of a table.</summary>
    /// <param name="table">(numHeads, 2 · maxDistance + 1).</param>
    /// <param name="maxDistance">At least 0.</param>
    public RelativeBiasScore(ArrayView<float> table, int maxDistance)
    {
        Table = table;
        MaxDistance = maxDistance;
    }

    /// <inheritdoc/>
    public readonly float Apply(float score, int head, int queryPosition, int keyPosition)
    {
        var distance = keyPosition - queryPosition;
        distance = distance < -MaxDistance ? -MaxDistance : distance;
        distance = distance > MaxDistance ? MaxDistance : distance;
        return score + Table[head * (2 * MaxDistance + 1) + MaxDistance + distance];
    }

    /// <summary>Refuses a table that does not hold every head and distance.</summary>
    internal readonly void Check(string operation, int numHeads)
    {
        ShapeCheck.Between(operation, "maxDistance", MaxDistance, 0, int.MaxValue / 4);
        ShapeCheck.Elements(operation, "the bias table", Table, 0, numHeads * (2L * MaxDistance + 1));
    }
}
