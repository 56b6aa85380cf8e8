using GpuTransformer.Graph;

namespace GpuTransformer.Layers;

/// <summary>What vision models store in their own way.</summary>
internal sealed partial class WeightLoader
{
    /// <summary>Tokens stored one a tensor, (1, 1, width), as the rows of one table.</summary>
    public EmbeddingWeights StackedTable(string name, int width, params string[] names)
    {
        var table = Own(new EmbeddingWeights(name, names.Length, width));
        var sources = names.Select(each => store.Require(each, 1, 1, width)).ToArray();
        _fill.Add(() => table.Fill(Upload([.. sources.SelectMany(source => source.ReadFloat32())], name)));
        return table;
    }
}
