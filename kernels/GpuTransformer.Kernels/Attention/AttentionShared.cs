using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The shared memory of a flash-attention group.</summary>
internal struct AttentionShared
{
    /// <summary>Threads that fold the intervals of the rows, each an eighth of them at most.</summary>
    public const int Folds = 8;

    /// <summary>scale · q, [dimension][rows, mixed]; see <see cref="AttentionLayout{TTile}.SwizzleMask"/>.</summary>
    public ArrayView<Float4> Query;

    /// <summary>Keys, [dimension][key].</summary>
    public ArrayView<Float4> Keys;

    /// <summary>Weights of the tile, [key][rows, mixed], where queries and keys were.</summary>
    public ArrayView<Float4> Weights;

    /// <summary>Values, [key][dimension of the group].</summary>
    public ArrayView<Float4> Values;

    /// <summary>The largest of a thread's scores, [column thread][row].</summary>
    public ArrayView<Float4> Maxima;

    /// <summary>The sum of four weights, [four of keys][row].</summary>
    public ArrayView<Float4> Sums;

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

    /// <summary>Intervals of a few rows, four integers a fold.</summary>
    public ArrayView<int> Fold;

    public static AttentionShared Allocate<TTile>()
        where TTile : struct, IAttentionTile
    {
        AttentionShared shared;
        shared.Weights = SharedMemory.Allocate<Float4>(AttentionLayout<TTile>.WorkFours);
        shared.Query = shared.Weights.SubView(0, AttentionLayout<TTile>.QueryFours);
        shared.Keys = shared.Weights.SubView(
            AttentionLayout<TTile>.QueryFours, AttentionLayout<TTile>.StageDims * AttentionLayout<TTile>.KeyFours);
        shared.Values = SharedMemory.Allocate<Float4>(AttentionLayout<TTile>.StageValues * AttentionLayout<TTile>.ValueFours);
        shared.Maxima = SharedMemory.Allocate<Float4>(TTile.ColumnThreads * AttentionLayout<TTile>.PartStride);
        shared.Sums = SharedMemory.Allocate<Float4>(AttentionLayout<TTile>.KeyFours * AttentionLayout<TTile>.PartStride);
        shared.RowMax = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Rows);
        shared.RowSum = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Rows);
        shared.Keep = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Rows);
        shared.Take = SharedMemory.Allocate<float>(AttentionLayout<TTile>.Rows);
        shared.Begin = SharedMemory.Allocate<int>(AttentionLayout<TTile>.Rows);
        shared.End = SharedMemory.Allocate<int>(AttentionLayout<TTile>.Rows);
        shared.Position = SharedMemory.Allocate<int>(AttentionLayout<TTile>.Rows);
        shared.Fold = SharedMemory.Allocate<int>(4 * Folds);
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
