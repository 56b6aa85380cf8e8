using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>y[r] = scale · table[ids[r]] [+ positionTable[positions[r]]] [+ typeTable[typeIds[r]]], every id guarded and
/// reported.</summary>
public sealed class Embedding : Operation<EmbeddingArgs>
{
    internal static readonly Variant<EmbeddingArgs>[] Variants =
    [
        .. RowMapVariants<EmbeddingMap, EmbeddingArgs>.Table(
            "embedding", (in EmbeddingArgs args) => args.Rows.Capacity, IsAligned),
        EmbeddingCpu.Variant,
    ];

    internal Embedding(KernelSet kernels)
        : base(kernels, "Embedding", Variants)
    {
    }

    /// <summary>y[r] = scale · table[ids[r]] for contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="ids">Token ids, (rows); one outside the table is read as 0 and reported.</param>
    /// <param name="table">table, (vocabSize, width).</param>
    /// <param name="y">y, (rows, width).</param>
    /// <param name="status">One integer; receives r + 1 of the last row whose id is outside, else stays.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="vocabSize">Rows of the table.</param>
    /// <param name="width">Columns.</param>
    /// <param name="scale">Factor on the table's rows.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream,
        ArrayView<int> ids,
        ArrayView<float> table,
        ArrayView<float> y,
        ArrayView<int> status,
        int rows,
        int vocabSize,
        int width,
        float scale = 1f) =>
        Run(stream, new EmbeddingArgs
        {
            Ids = ids,
            Table = RowView.Dense(table, width),
            VocabSize = vocabSize,
            Scale = scale,
            Y = RowView.Dense(y, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Status = status,
        });

    /// <inheritdoc/>
    protected override void Check(in EmbeddingArgs args)
    {
        ShapeCheck.Width(Name, args.Width);
        ShapeCheck.Active(Name, "rows", args.Rows);
        CheckTable("ids", args.Ids, args.IdsOffset, "table", args.Table, args.VocabSize, args.Rows.Capacity, args.Width);
        CheckRest(args);
    }

    /// <summary>The same without the ids and their table.</summary>
    internal void CheckRest(in EmbeddingArgs args)
    {
        var rows = args.Rows.Capacity;
        ShapeCheck.Finite(Name, "scale", args.Scale);
        if (args.HasPositions != 0)
        {
            CheckTable(
                "positions",
                args.Positions,
                args.PositionsOffset,
                "positionTable",
                args.PositionTable,
                args.MaxPositions,
                rows,
                args.Width);
        }

        if (args.HasTypes != 0)
        {
            CheckTable(
                "typeIds", args.TypeIds, args.TypeIdsOffset, "typeTable", args.TypeTable, args.TypeVocabSize, rows, args.Width);
        }

        ShapeCheck.Rows(Name, "y", args.Y, rows, args.Width);
        ShapeCheck.Elements(Name, "status", args.Status, args.StatusSlot, 1);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in EmbeddingArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in EmbeddingArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.Width;
        var tables = 1 + args.HasPositions + args.HasTypes;
        return ($"{args.Rows.Capacity} of {args.VocabSize} x{args.Width}", tables * elements, 4 * (tables + 1) * elements);
    }

    private void CheckTable(
        string idName,
        ArrayView<int> ids,
        int idsOffset,
        string tableName,
        in RowView table,
        int tableRows,
        int rows,
        int width)
    {
        ShapeCheck.Elements(Name, idName, ids, idsOffset, rows);
        ShapeCheck.AtLeast(Name, $"the rows of {tableName}", tableRows, 1);
        ShapeCheck.Rows(Name, tableName, table, tableRows, width);
    }

    private static bool IsAligned(in EmbeddingArgs args) =>
        ShapeCheck.IsVectorAligned(args.Table)
        && (args.HasPositions == 0 || ShapeCheck.IsVectorAligned(args.PositionTable))
        && (args.HasTypes == 0 || ShapeCheck.IsVectorAligned(args.TypeTable))
        && ShapeCheck.IsVectorAligned(args.Y);
}
