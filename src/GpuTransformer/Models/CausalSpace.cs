using GpuTransformer.Graph;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>What the layers of a decoder build on: token rows over cached keys, and what a family's positions and windows
/// need.</summary>
/// <param name="Tokens">Rows, their places, and sight of all keys up to their own.</param>
/// <param name="Rotary">Angles of each row, [tokens, rotary width]; null: the family does not turn.</param>
/// <param name="Windowed">Sight of the last keys alone; null: the family has no sliding window.</param>
internal sealed record CausalSpace(TokenSpace Tokens, GraphTensor? Rotary, Visibility? Windowed)
{
    /// <summary>What the rows of a layer see.</summary>
    public Visibility Sees(bool isSliding) =>
        isSliding ? Windowed ?? throw new InvalidOperationException("the family has no sliding window") : Tokens.Sees;
}
