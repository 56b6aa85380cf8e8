using GpuTransformer.Graph;

namespace GpuTransformer.Layers;

/// <summary>A row space of tokens with all that its layers need: ids and positions, where each token's key goes, and
/// which keys it sees.</summary>
internal sealed record TokenSpace(
    RowSpace Rows, IntTable Ids, IntTable Positions, IntTable Writes, KeySpace Keys, Visibility Sees)
{
    /// <summary>Declares the space.</summary>
    /// <param name="graph">Where.</param>
    /// <param name="name">Name, as reports show it.</param>
    /// <param name="rows">The most tokens of a run, all sequences together.</param>
    /// <param name="sequences">The most sequences.</param>
    /// <param name="slots">The most keys of a sequence.</param>
    /// <param name="packed">Sequences get only the pages they need (encoders), else their full share (caches).</param>
    public static TokenSpace Declare(GraphBuilder graph, string name, int rows, int sequences, int slots, bool packed)
    {
        var space = graph.Rows(name, rows);
        var perSequence = (slots + Kernels.PagedKeys.PageTokens - 1) / Kernels.PagedKeys.PageTokens;
        var whole = checked(sequences * perSequence);
        var pages = packed ? Math.Min(whole, rows / Kernels.PagedKeys.PageTokens + sequences) : whole;
        var keys = graph.Keys($"{name}.keys", sequences, slots, pages);
        return new TokenSpace(
            space,
            graph.Table($"{name}.ids", rows),
            graph.Table($"{name}.positions", rows),
            graph.Table($"{name}.writes", checked(rows * 2)),
            keys,
            graph.Sees(space, keys));
    }
}
