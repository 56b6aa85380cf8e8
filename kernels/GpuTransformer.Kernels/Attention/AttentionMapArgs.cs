using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The attention weights themselves, for looking at: map[row, head · MapKeys + slot] = softmax weight, 0 where
/// the row does not see the slot. An operation of its own, since attention never stores them.</summary>
public struct AttentionMapArgs
{
    /// <summary>q, (rows, numHeads · headDim).</summary>
    public RowView Query;

    /// <summary>Keys (the values are not read).</summary>
    public PagedKeys Pages;

    /// <summary>Four integers a row: sequence, first visible slot, end of the visible slots, position of the query.</summary>
    public ArrayView<int> RowTable;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;

    /// <summary>Query heads.</summary>
    public int NumHeads;

    /// <summary>Factor on q·k.</summary>
    public float Scale;

    /// <summary>map, (rows, numHeads · MapKeys).</summary>
    public RowView Map;

    /// <summary>Slots a head of the map holds.</summary>
    public int MapKeys;
}
