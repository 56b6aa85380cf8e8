using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[r] = scale · table[ids[r]] [+ positionTable[positions[r]]] [+ typeTable[typeIds[r]]], in this order.
/// Shapes: table (vocabSize, width), positionTable (maxPositions, width), typeTable (typeVocabSize, width), y (rows, width).
/// Edges: an id outside its table reads row 0 and leaves r + 1 in the status. Cost: 8 to 16 bytes an element.</summary>
internal struct EmbeddingMap : IRowMap<EmbeddingArgs>
{
    private int _token;
    private int _position;
    private int _type;

    public static int Rows(in EmbeddingArgs args) => args.Rows.Count;

    public static int Width(in EmbeddingArgs args) => args.Width;

    public static RowView Output(in EmbeddingArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in EmbeddingArgs args, int row, bool reports)
    {
        var id = IdGuard.Read(args.Ids, args.IdsOffset + row, args.VocabSize, row, reports, args.Status, args.StatusSlot);
        _token = args.Table.Offset + id * args.Table.Stride;
        if (args.HasPositions != 0)
        {
            var position = IdGuard.Read(
                args.Positions, args.PositionsOffset + row, args.MaxPositions, row, reports, args.Status, args.StatusSlot);
            _position = args.PositionTable.Offset + position * args.PositionTable.Stride;
        }

        if (args.HasTypes != 0)
        {
            var type = IdGuard.Read(
                args.TypeIds, args.TypeIdsOffset + row, args.TypeVocabSize, row, reports, args.Status, args.StatusSlot);
            _type = args.TypeTable.Offset + type * args.TypeTable.Stride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in EmbeddingArgs args, int column)
    {
        var value = args.Scale * args.Table.Data[_token + column];
        if (args.HasPositions != 0)
        {
            value += args.PositionTable.Data[_position + column];
        }

        if (args.HasTypes != 0)
        {
            value += args.TypeTable.Data[_type + column];
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad<TAccess>(in EmbeddingArgs args, int column)
        where TAccess : struct, IQuadAccess
    {
        var value = TAccess.Load(args.Table.Data, _token + column, 1);
        value = new Float4(args.Scale * value.X, args.Scale * value.Y, args.Scale * value.Z, args.Scale * value.W);
        if (args.HasPositions != 0)
        {
            value = Sum(value, TAccess.Load(args.PositionTable.Data, _position + column, 1));
        }

        if (args.HasTypes != 0)
        {
            value = Sum(value, TAccess.Load(args.TypeTable.Data, _type + column, 1));
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Sum(Float4 a, Float4 b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);
}
