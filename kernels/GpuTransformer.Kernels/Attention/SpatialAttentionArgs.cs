using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Where on an image each query looks: y[(query, position), head] = softmax of scale · q·k over all heads and
/// positions of the query together, 0 where a position has no key. The mask head of DETR starts from it (Carion et al.
/// 2020, arXiv:2005.12872).</summary>
public struct SpatialAttentionArgs
{
    /// <summary>q, (images · queries, numHeads · headDim).</summary>
    public RowView Query;

    /// <summary>k, (keyRows, numHeads · headDim).</summary>
    public RowView Key;

    /// <summary>Rows of k.</summary>
    public int KeyRows;

    /// <summary>The row of k of each position, (images · positions); outside [0, keyRows): the position has no key.</summary>
    public ArrayView<int> KeyTable;

    /// <summary>y, (images · queries · positions, numHeads).</summary>
    public RowView Y;

    /// <summary>Rows of q in use.</summary>
    public ActiveRows Rows;

    /// <summary>Queries of an image.</summary>
    public int Queries;

    /// <summary>Positions of an image.</summary>
    public int Positions;

    /// <summary>Heads.</summary>
    public int NumHeads;

    /// <summary>Columns of a head.</summary>
    public int HeadDim;

    /// <summary>Factor on q·k.</summary>
    public float Scale;

    /// <summary>The key of a position of a query's image; -1 where it has none.</summary>
    internal readonly int KeyOf(int row, int position)
    {
        var key = KeyTable[row / Queries * Positions + position];
        return key >= 0 && key < KeyRows ? key : -1;
    }

    /// <summary>scale · q·k of a head.</summary>
    internal readonly float Score(int row, int key, int head)
    {
        var sum = 0f;
        for (var d = head * HeadDim; d < (head + 1) * HeadDim; d++)
        {
            sum += Query[row, d] * Key[key, d];
        }

        return sum * Scale;
    }
}
