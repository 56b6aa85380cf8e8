using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The shared memory of a flash-attention group.</summary>
internal struct AttentionShared
{
    /// <summary>Query tile, [rows][QueryStride] fours; zeros past the rows of the block and past the head.</summary>
    public ArrayView<Float4> Query;

    /// <summary>Scores, then weights, of a key tile, [rows][WeightStride] fours.</summary>
    public ArrayView<Float4> Weights;

    /// <summary>Keys, [dimension][keys], or values, [key][ValueStride], of a part of the tile.</summary>
    public ArrayView<Float4> Stage;

    /// <summary>Largest score of a row in a page of the tile, [page][row].</summary>
    public ArrayView<float> PageMax;

    /// <summary>Sum of the weights of a row in a page of the tile, [page][row].</summary>
    public ArrayView<float> PageSum;

    /// <summary>Largest score of a row so far.</summary>
    public ArrayView<float> RowMax;

    /// <summary>Sum of the weights of a row so far, relative to its largest score.</summary>
    public ArrayView<float> RowSum;

    /// <summary>Factor on a row's output so far when a tile is merged.</summary>
    public ArrayView<float> Keep;

    /// <summary>Factor on the tile's output when it is merged.</summary>
    public ArrayView<float> Take;

    /// <summary>First visible slot of a row.</summary>
    public ArrayView<int> Begin;

    /// <summary>End of the visible slots of a row; 0 where it sees nothing.</summary>
    public ArrayView<int> End;

    /// <summary>Position of a row's query.</summary>
    public ArrayView<int> Position;

    public static AttentionShared Allocate<TTile>()
        where TTile : struct, IAttentionTile
    {
        AttentionShared shared;
        shared.Query = SharedMemory.Allocate<Float4>(AttentionLayout<TTile>.Rows * AttentionLayout<TTile>.QueryStride);
        shared.Weights = SharedMemory.Allocate<Float4>(AttentionLayout<TTile>.Rows * AttentionLayout<TTile>.WeightStride);
        shared.Stage = SharedMemory.Allocate<Float4>(TTile.StageFours);
        shared.PageMax = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Pages * AttentionLayout<TTile>.Rows);
        shared.PageSum = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Pages * AttentionLayout<TTile>.Rows);
        shared.RowMax = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Rows);
        shared.RowSum = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Rows);
        shared.Keep = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Rows);
        shared.Take = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Rows);
        shared.Begin = SharedMemory.Allocate<int>(AttentionLayout<TTile>.Rows);
        shared.End = SharedMemory.Allocate<int>(AttentionLayout<TTile>.Rows);
        shared.Position = SharedMemory.Allocate<int>(AttentionLayout<TTile>.Rows);
        return shared;
    }
}

/// <summary>What a flash-attention group works on.</summary>
internal struct AttentionBlock
{
    /// <summary>First query row, and how many there are.</summary>
    public int FirstRow;
    public int RowCount;

    public int Sequence;
    public int Head;
    public int KvHead;

    /// <summary>First dimension of the head that this group gives.</summary>
    public int FirstDim;

    /// <summary>Slots that some row of the block sees lie in [Begin, End).</summary>
    public int Begin;
    public int End;

    /// <summary>Slots that every row of the block sees: [FullBegin, FullEnd).</summary>
    public int FullBegin;
    public int FullEnd;
}
