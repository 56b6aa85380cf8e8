namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>What several cases of a run share; made when it is first asked for, and weights freed between sections.</summary>
internal sealed class RooflineResources(BenchDevice device, RooflineScale scale) : IDisposable
{
    private RowArrays? _arrays;
    private RandomLayers? _layers;
    private BertWeights? _bert;

    public BenchDevice Device => device;

    public RooflineScale Scale => scale;

    /// <summary>What operations on rows read and write.</summary>
    public RowArrays Arrays => _arrays ??= new RowArrays(device, scale.ArrayBytes / sizeof(float));

    /// <summary>Layers of the section's models.</summary>
    public RandomLayers Layers => _layers ??= new RandomLayers(device);

    /// <summary>A BERT-base, of the section's layers.</summary>
    public BertWeights Bert => _bert ??= new BertWeights(Layers);

    /// <summary>Frees the models' weights.</summary>
    public void EndSection()
    {
        _layers?.Dispose();
        (_layers, _bert) = (null, null);
    }

    public void Dispose()
    {
        EndSection();
        _arrays?.Dispose();
    }
}
