using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: <see cref="StandardEpilogue"/> over the finished sums of a tile, which are in the first-level cache.
/// Numerics: the operations of the scalar epilogue in its order, each rounded, so that the place of an element in a
/// register changes no bits.
/// Edges: columns beyond whole registers are scalar after the activation, which works on the padding too.</summary>
internal static unsafe class MatMulCpuEpilogue<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    public static void Finish(MatMulCpuArgs* args, MatMulCpuBlock* block, void* unused)
    {
        var scale = args->Scale;
        var bias = args->Bias == null ? null : args->Bias + block->Column;
        if (args->Activation != (int)ActivationKind.None)
        {
            for (var r = 0; r < block->Rows; r++)
            {
                var sums = block->Sums + r * block->Width;
                Affine(sums, sums, scale, bias, block->Columns);
            }

            var count = (nint)block->Rows * block->Width;
            ActivationCpu.Map<TSimd, TVector>(block->Sums, block->Sums, count, args->Activation);
            scale = 1f;
            bias = null;
        }

        var y = args->Y.Row(block->Row) + block->Batch * args->YBatchStride + block->Column;
        var row = (long)block->Batch * args->Rows.Capacity + block->Row;
        for (var r = 0; r < block->Rows; r++)
        {
            var gate = args->Gate.IsNull ? null : args->Gate.Data + (row + r) * args->Gate.Stride + block->Column;
            var residual = args->Residual.IsNull
                ? null : args->Residual.Data + (row + r) * args->Residual.Stride + block->Column;
            var sums = block->Sums + r * block->Width;
            var yRow = y + (long)r * args->Y.Stride;
            if (gate == null && residual == null)
            {
                Affine(sums, yRow, scale, bias, block->Columns);
            }
            else
            {
                Affine(sums, sums, scale, bias, block->Columns);
                Combine(sums, gate, residual, yRow, block->Columns);
            }
        }
    }

    /// <summary>y = scale · sums + bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Affine(float* sums, float* y, float scale, float* bias, int columns)
    {
        var factor = TSimd.Create(scale);
        var c = 0;
        for (; c + TSimd.Lanes <= columns; c += TSimd.Lanes)
        {
            var value = TSimd.Multiply(TSimd.Load(sums + c), factor);
            if (bias != null)
            {
                value = TSimd.Add(value, TSimd.Load(bias + c));
            }

            TSimd.Store(value, y + c);
        }

        for (; c < columns; c++)
        {
            var value = sums[c] * scale;
            y[c] = bias == null ? value : value + bias[c];
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
