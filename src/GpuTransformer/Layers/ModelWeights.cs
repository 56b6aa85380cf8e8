using GpuTransformer.Graph;
using GpuTransformer.Weights;

namespace GpuTransformer.Layers;

/// <summary>Owns what a model has packed.</summary>
internal sealed class ModelWeights : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public ModelWeights(WeightStore store)
    {
        Parameters = store.ElementCount;
        CheckpointBytes = store.ByteLength;
    }

    /// <summary>Parameters in the checkpoint.</summary>
    public long Parameters { get; }

    /// <summary>Bytes in the checkpoint.</summary>
    public long CheckpointBytes { get; }

    /// <summary>What there is, in the order in which the layers were declared.</summary>
    public IEnumerable<WeightReport> Report() => _owned.Select(WeightReport.Of).OfType<WeightReport>();

    public void Own(IDisposable weights) => _owned.Add(weights);

    public void Dispose()
    {
        foreach (var weights in _owned)
        {
            weights.Dispose();
        }

        _owned.Clear();
    }
}
