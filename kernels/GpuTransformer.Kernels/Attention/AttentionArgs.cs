using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Attention of query rows over paged keys and values, softmax(score(scale · q·k)) · v, with an interval of
/// visible slots a row; a row that sees nothing gives zeros (Dao et al. 2022, arXiv:2205.14135: no score matrix).</summary>
/// <typeparam name="TScore">What happens to a scaled score before the softmax.</typeparam>
public struct AttentionArgs<TScore>
    where TScore : struct, IScorePolicy
{
    /// <summary>q, (rows, numHeads · headDim).</summary>
    public RowView Query;

    /// <summary>output, (rows, numHeads · headDim).</summary>
    public RowView Output;

    /// <summary>Keys and values. Query head h reads key head h / (numHeads / numKvHeads).</summary>
    public PagedKeys Pages;

    /// <summary>Four integers a row: sequence, first visible slot, end of the visible slots, position of the query.</summary>
    public ArrayView<int> RowTable;

    /// <summary>Two integers a block of query rows: first row, number of rows (at most <see cref="BlockRows"/>). The rows
    /// of a block follow each other and belong to one sequence.</summary>
    public ArrayView<int> BlockTable;

    /// <summary>Blocks in use.</summary>
    public ActiveRows Blocks;

    /// <summary>The most rows a block holds.</summary>
    public int BlockRows;

    /// <summary>Query heads; a multiple of the key heads.</summary>
    public int NumHeads;

    /// <summary>Factor on q·k, usually 1/√headDim.</summary>
    public float Scale;

    /// <summary>What happens to a scaled score.</summary>
    public TScore Score;

    /// <summary>(rows, numHeads): the natural logarithm of the sum of exp(score) over the slots that the row sees, -infinity
    /// where it sees none; without data it is not written.</summary>
    public RowView LogSumExp;

    /// <summary>Tiles of keys on their way from one kernel to the next; set by the operation.</summary>
    public ArrayView<float> Partials;
}

/// <summary>What attention does with a scaled score before the softmax (T5's bias, ALiBi, soft cap). A user's own
/// struct compiles into the kernel: no objects, no throw, no arrays; its fields travel with the launch.</summary>
public interface IScorePolicy
{
    /// <summary>The score to use, from the scaled score of a query and a key at their positions.</summary>
    float Apply(float score, int head, int queryPosition, int keyPosition);
}

/// <summary>Leaves scores as they are.</summary>
public struct PlainScore : IScorePolicy
{
    /// <inheritdoc/>
    public readonly float Apply(float score, int head, int queryPosition, int keyPosition) => score;
}
