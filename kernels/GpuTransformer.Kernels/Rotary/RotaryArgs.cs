using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Rotary position embedding of rows of heads (Su et al. 2021, arXiv:2104.09864), in halves as Hugging Face lays
/// them out: with n = rotaryDim / 2, y[d] = x[d] · cos[d] - x[d + n] · sin[d] and y[d + n] = x[d + n] · cos[d] +
/// x[d] · sin[d] for d below n; what follows rotaryDim is copied. Before it an RMSNorm of each head, where asked for.</summary>
public struct RotaryArgs
{
    /// <summary>x, (rows, numHeads · headDim); columns of a fused projection by offset and stride.</summary>
    public RowView X;

    /// <summary>y, (rows, numHeads · headDim); it may be x.</summary>
    public RowView Y;

    /// <summary>Heads side by side in a row.</summary>
    public int NumHeads;

    /// <summary>Width of a head.</summary>
    public int HeadDim;

    /// <summary>How many elements of a head turn, from its first on; even.</summary>
    public int RotaryDim;

    /// <summary>Angles, (tableRows, rotaryDim): rotaryDim / 2 cosines, then as many sines.</summary>
    public RowView Table;

    /// <summary>Rows of the table.</summary>
    public int TableRows;

    /// <summary>Row of the table for each row of x; read where <see cref="HasPositions"/> is not 0.</summary>
    public ArrayView<int> Positions;

    /// <summary>0: row r of x turns by row r of the table.</summary>
    public int HasPositions;

    /// <summary>weight of the norm, (headDim), the same for every head; read where <see cref="HasNorm"/> is not 0.</summary>
    public ArrayView<float> NormWeight;

    /// <summary>1: x of each head becomes x / √(mean(x²) + eps) · (weight + shift) first.</summary>
    public int HasNorm;

    /// <summary>Added to each weight of the norm.</summary>
    public float WeightShift;

    /// <summary>Added to the mean square under the root.</summary>
    public float Epsilon;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;

    /// <summary>Receives <c>row + 1</c> of a position outside the table, which is read as 0 (the largest such row), else
    /// left as it is; needed with positions only.</summary>
    public ArrayView<int> Status;

    /// <summary>Which integer of <see cref="Status"/>.</summary>
    public int StatusSlot;
}
