using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: <see cref="StandardEpilogue"/> over the finished sums of a tile, which are in the first-level cache.
/// Numerics: the operations of the scalar epilogue in its order, each rounded, so that the place of an element in a
/// register changes no bits.
/// Edges: columns beyond whole registers are scalar after the activation.</summary>
internal static unsafe class MatMulCpuEpilogue<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    public static void Finish(MatMulCpuArgs* args, MatMulCpuBlock* block, void* unused)
    {
        var y = args->Y.Row(block->Row) + block->Batch * args->YBatchStride + block->Column;
        var combines = !args->Gate.IsNull || !args->Residual.IsNull;
        var rows = new AffineRows
        {
            X = block->Sums,
            XStride = block->Width,
            Y = combines ? block->Sums : y,
            YStride = combines ? block->Width : args->Y.Stride,
            Rows = block->Rows,
            Columns = block->Columns,
            Scale = args->Scale,
            Bias = args->Bias == null ? null : args->Bias + block->Column,
        };
        ActivationCpu.Map<TSimd, TVector>(rows, args->Activation);
        if (combines)
        {
            Combine(args, block, y);
        }
    }

    private static void Combine(MatMulCpuArgs* args, MatMulCpuBlock* block, float* y)
    {
        var row = (long)block->Batch * args->Rows.Capacity + block->Row;
        for (var r = 0; r < block->Rows; r++)
        {
            var gate = args->Gate.IsNull ? null : args->Gate.Data + (row + r) * args->Gate.Stride + block->Column;
            var residual = args->Residual.IsNull
                ? null : args->Residual.Data + (row + r) * args->Residual.Stride + block->Column;
            Combine(block->Sums + r * block->Width, gate, residual, y + (long)r * args->Y.Stride, block->Columns);
        }
    }

    /// <summary>y = values · gate + residual, each where it is there; y may be any of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(float* values, float* gate, float* residual, float* y, int columns)
    {
        var c = 0;
        for (; c + TSimd.Lanes <= columns; c += TSimd.Lanes)
        {
            var value = TSimd.Load(values + c);
            if (gate != null)
            {
                value = TSimd.Multiply(value, TSimd.Load(gate + c));
            }

            if (residual != null)
            {
                value = TSimd.Add(value, TSimd.Load(residual + c));
            }

            TSimd.Store(value, y + c);
        }

        for (; c < columns; c++)
        {
            var value = gate == null ? values[c] : values[c] * gate[c];
            y[c] = residual == null ? value : value + residual[c];
        }
    }
}
