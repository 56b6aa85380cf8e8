using System.Runtime.CompilerServices;
using ILGPU;

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
    public readonly Float4 Quad(in EmbeddingArgs args, int column)
    {
        var value = VectorAccess.Load(args.Table.Data, _token + column, 1) * args.Scale;
        if (args.HasPositions != 0)
        {
            value += VectorAccess.Load(args.PositionTable.Data, _position + column, 1);
        }

        if (args.HasTypes != 0)
        {
            value += VectorAccess.Load(args.TypeTable.Data, _type + column, 1);
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in EmbeddingArgs args, int column, int step)
    {
        var quads = Load(args.Table.Data, _token + column, step);
        quads.A *= args.Scale;
        quads.B *= args.Scale;
        quads.C *= args.Scale;
        quads.D *= args.Scale;
        if (args.HasPositions != 0)
        {
            Add(ref quads, Load(args.PositionTable.Data, _position + column, step));
        }

        if (args.HasTypes != 0)
        {
            Add(ref quads, Load(args.TypeTable.Data, _type + column, step));
        }

        return quads;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4x4 Load(ArrayView<float> data, int start, int step)
    {
        Float4x4 quads;
        quads.A = VectorAccess.Load(data, start, 1);
        quads.B = VectorAccess.Load(data, start + step, 1);
        quads.C = VectorAccess.Load(data, start + 2 * step, 1);
        quads.D = VectorAccess.Load(data, start + 3 * step, 1);
        return quads;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Float4x4 quads, in Float4x4 other)
    {
        quads.A += other.A;
        quads.B += other.B;
        quads.C += other.C;
        quads.D += other.D;
    }
}
