namespace GpuTransformer.Kernels;

/// <summary>Computes: y[b, j, i] = x[b, i, j].
/// <para>Shapes: x (batch · rows, columns), y (batch · columns, rows). A tile owns a block of 64 by 64 elements, which
/// stays in the first-level cache both ways.</para>
/// <para>Cost: 8 bytes an element.</para></summary>
internal static unsafe class TransposeCpu
{
    private const int Block = 64;

    internal struct Args
    {
        public RowPointer X;
        public RowPointer Y;
        public int Batch;
        public int Rows;
        public int Columns;

        public readonly int RowBlocks => (Rows + Block - 1) / Block;

        public readonly int ColumnBlocks => (Columns + Block - 1) / Block;
    }

    public static CpuVariant<TransposeArgs> Variant { get; } =
        new CpuVariant<TransposeArgs, Args>("transpose-cpu", Convert, &TileCount, &Tile);

    internal static Args Convert(in TransposeArgs args) => new()
    {
        X = HostAddress.Of(args.X),
        Y = HostAddress.Of(args.Y),
        Batch = args.Batch,
        Rows = args.Rows,
        Columns = args.Columns,
    };

    internal static int TileCount(void* args) =>
        ((Args*)args)->Batch * ((Args*)args)->RowBlocks * ((Args*)args)->ColumnBlocks;

    internal static void Tile(void* args, int tile)
    {
        ref var a = ref *(Args*)args;
        var (matrix, block) = Math.DivRem(tile, a.RowBlocks * a.ColumnBlocks);
        var (rowBlock, columnBlock) = Math.DivRem(block, a.ColumnBlocks);
        var (row, column) = (rowBlock * Block, columnBlock * Block);
        BlockTranspose.Run(
            a.X.Row(matrix * a.Rows + row) + column, a.X.Stride,
            a.Y.Row(matrix * a.Columns + column) + row, a.Y.Stride,
            Math.Min(Block, a.Rows - row), Math.Min(Block, a.Columns - column));
    }
}
