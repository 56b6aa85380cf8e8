using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: a user's epilogue over the finished sums of a tile, one element after the other.
/// Shapes: rows count through the batch, b · M + row, M the capacity.</summary>
internal static unsafe class MatMulCpuUserEpilogue<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    public static int TileCount(void* args) => MatMulCpu.TileCount(CoreOf(args));

    public static void Tile(void* args, int tile) => MatMulCpu.Tile(CoreOf(args), tile, args);

    public static MatMulCpuArgs<TEpilogue> Convert(in MatMulArgs<TEpilogue> args)
    {
        var core = MatMulCpu.Convert(args);
        core.Finish = &Finish;
        return new MatMulCpuArgs<TEpilogue> { Core = core, Epilogue = args.Epilogue };
    }

    // By reference and not at offset 0: the runtime orders the fields itself where a user's epilogue holds references.
    private static MatMulCpuArgs* CoreOf(void* args) =>
        (MatMulCpuArgs*)Unsafe.AsPointer(ref Unsafe.AsRef<MatMulCpuArgs<TEpilogue>>(args).Core);

    private static void Finish(MatMulCpuArgs* args, MatMulCpuBlock* block, void* user)
    {
        var epilogue = Unsafe.AsRef<MatMulCpuArgs<TEpilogue>>(user).Epilogue;
        var y = args->Y.Row(block->Row) + block->Batch * args->YBatchStride + block->Column;
        var row = block->Batch * args->Rows.Capacity + block->Row;
        for (var r = 0; r < block->Rows; r++)
        {
            for (var c = 0; c < block->Columns; c++)
            {
                y[c] = epilogue.Apply(block->Sums[r * block->Width + c], row + r, block->Column + c);
            }

            y += args->Y.Stride;
        }
    }
}
