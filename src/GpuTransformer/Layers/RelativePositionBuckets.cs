namespace GpuTransformer.Layers;

/// <summary>T5's buckets of distances between key and query (Raffel et al. 2019, arXiv:1910.10683, 2.1): one for each
/// small distance, then growing logarithmically up to a distance from which on all share the last. Computed in float32,
/// as transformers' _relative_position_bucket does.</summary>
internal sealed class RelativePositionBuckets
{
    private readonly bool _bidirectional;
    private readonly int _buckets;
    private readonly int _exact;
    private readonly int _maxDistance;

    /// <param name="bidirectional">Keys after the query have half of the buckets (encoder); else they share bucket 0.</param>
    /// <param name="numBuckets">At least 4.</param>
    /// <param name="maxDistance">Where the last bucket begins at the latest; above numBuckets / 2.</param>
    public RelativePositionBuckets(bool bidirectional, int numBuckets, int maxDistance)
    {
        _bidirectional = bidirectional;
        _maxDistance = maxDistance;
        _buckets = bidirectional ? numBuckets / 2 : numBuckets;
        _exact = _buckets / 2;
        Reach = maxDistance;
        while (Reach > 0 && Of(Reach - 1) == Of(Reach) && Of(1 - Reach) == Of(-Reach))
        {
            Reach--;
        }
    }

    /// <summary>The distance from which on, to either side, the bucket does not change.</summary>
    public int Reach { get; }

    /// <summary>The bucket of key position - query position.</summary>
    public int Of(int distance)
    {
        var first = _bidirectional && distance > 0 ? _buckets : 0;
        distance = _bidirectional ? Math.Abs(distance) : -Math.Min(distance, 0);
        if (distance < _exact)
        {
            return first + distance;
        }

        var share = MathF.Log((float)distance / _exact) / (float)Math.Log((double)_maxDistance / _exact);
        return first + Math.Min(_buckets - 1, _exact + (int)(share * (_buckets - _exact)));
    }

    /// <summary>Biases by head and distance, (heads, 2 · Reach + 1), from those by bucket and head, (buckets, heads).</summary>
    public float[] Expand(float[] biases, int heads)
    {
        var width = 2 * Reach + 1;
        var table = new float[heads * width];
        for (var distance = -Reach; distance <= Reach; distance++)
        {
            var bucket = Of(distance);
            for (var head = 0; head < heads; head++)
            {
                table[head * width + Reach + distance] = biases[bucket * heads + head];
            }
        }

        return table;
    }
}
