using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Writes each row's key and value into its place in the pages.</summary>
public struct KeyValueWriteArgs
{
    /// <summary>key, (rows, numKvHeads · headDim).</summary>
    public RowView Key;

    /// <summary>value, (rows, numKvHeads · headDim).</summary>
    public RowView Value;

    /// <summary>Where they go.</summary>
    public PagedKeys Pages;

    /// <summary>Two integers a row: sequence, slot. A negative slot is a hole: nothing is written.</summary>
    public ArrayView<int> WriteTable;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;
}
