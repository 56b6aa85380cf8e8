using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>y[r] = scale · table[ids[r]] [+ positionTable[positions[r]]] [+ typeTable[typeIds[r]]].
/// Every id is guarded: one outside its table is read as row 0 and reported in <see cref="Status"/>.</summary>
public struct EmbeddingArgs
{
    /// <summary>Token ids, one a row, from <see cref="IdsOffset"/> on.</summary>
    public ArrayView<int> Ids;

    /// <summary>Where the ids start in their view.</summary>
    public int IdsOffset;

    /// <summary>table, (vocabSize, width).</summary>
    public RowView Table;

    /// <summary>Rows of the table.</summary>
    public int VocabSize;

    /// <summary>Factor on the table's row (√width in the transformer of 2017).</summary>
    public float Scale;

    /// <summary>Positions, one a row, from <see cref="PositionsOffset"/> on; read where <see cref="HasPositions"/> is not 0.</summary>
    public ArrayView<int> Positions;

    /// <summary>Where the positions start in their view.</summary>
    public int PositionsOffset;

    /// <summary>Position table, (maxPositions, width).</summary>
    public RowView PositionTable;

    /// <summary>Rows of the position table.</summary>
    public int MaxPositions;

    /// <summary>1: positions are added.</summary>
    public int HasPositions;

    /// <summary>Token type ids, one a row, from <see cref="TypeIdsOffset"/> on; read where <see cref="HasTypes"/> is not 0.</summary>
    public ArrayView<int> TypeIds;

    /// <summary>Where the type ids start in their view.</summary>
    public int TypeIdsOffset;

    /// <summary>Token type table, (typeVocabSize, width).</summary>
    public RowView TypeTable;

    /// <summary>Rows of the type table.</summary>
    public int TypeVocabSize;

    /// <summary>1: token types are added.</summary>
    public int HasTypes;

    /// <summary>y, (rows, width).</summary>
    public RowView Y;

    /// <summary>Columns.</summary>
    public int Width;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;

    /// <summary>Receives <c>row + 1</c> of an id outside its table (the largest such row), else left as it is.</summary>
    public ArrayView<int> Status;

    /// <summary>Which integer of <see cref="Status"/>.</summary>
    public int StatusSlot;
}
