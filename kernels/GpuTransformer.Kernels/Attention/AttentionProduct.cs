using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The two products of a flash-attention tile out of shared memory, both outer products of a column of rows and a
/// row of columns: scores += queries · keys over dimensions, outputs += weights · values over keys.</summary>
/// <remarks>
/// Each accumulator takes its products one by one, ascending. Four steps are written out; the fours of the left side are
/// mixed by step / 4, so the mixing costs one exclusive-or for four steps.
/// Limit, 8 rows by 8 columns a thread (64 multiply-adds for 4 loads of 128 bits a step): a multiprocessor of compute
/// capability 8.0 or 9.0 multiplies 4 warps a clock (128 lanes; 64 on 8.0) and reads 128 bytes of shared memory a clock.
/// A warp is 4 by 8 threads, so its loads touch 64 bytes (left) and 128 bytes (right), each without conflicts; at the
/// worst, four passes of a quarter warp each, 4 loads take 16 clocks, as long as 64 multiply-adds of one warp on 128
/// lanes: shared memory does not hold the multiplications up. 8 by 4 (64x128's scores): 32 for 3 loads, at the worst
/// 8 clocks of multiplying against 12. 4 by 16: 64 for 5, 16 against 20. 4 by 4: 16 for 2, 4 against 8.
/// </remarks>
internal static class AttentionProduct<TTile>
    where TTile : struct, IAttentionTile
{
    /// <summary>scores += q · k over the staged dimensions, a multiple of 4.</summary>
    public static void Scores(in AttentionShared shared, ref AttentionRegisters scores, int rowThread, int column, int dims)
    {
        for (var d = 0; d < dims; d += 4)
        {
            Steps(
                ref scores, shared.Query, d, rowThread, shared.Keys, d * AttentionLayout<TTile>.KeyFours + column,
                AttentionLayout<TTile>.KeyFours, AttentionLayout<TTile>.ThreadKeyFours);
        }
    }

    /// <summary>outputs += weights · v over the staged values, which start at key <paramref name="firstKey"/> of the tile.</summary>
    /// <param name="panels">Fours of columns that hold dimensions of the head.</param>
    public static void Values(
        in AttentionShared shared, ref AttentionRegisters outputs, int rowThread, int column, int firstKey, int panels)
    {
        if (panels == 1)
        {
            Panels(shared, ref outputs, rowThread, column, firstKey, fours: 1);
        }
        else if (TTile.RowQuads == 2 || panels == 2)
        {
            Panels(shared, ref outputs, rowThread, column, firstKey, fours: 2);
        }
        else
        {
            Panels(shared, ref outputs, rowThread, column, firstKey, fours: 4);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Panels(
        in AttentionShared shared, ref AttentionRegisters outputs, int rowThread, int column, int firstKey, int fours)
    {
        for (var k = 0; k < AttentionLayout<TTile>.StageValues; k += 4)
        {
            Steps(
                ref outputs, shared.Weights, firstKey + k, rowThread, shared.Values, k * AttentionLayout<TTile>.ValueFours + column,
                AttentionLayout<TTile>.ValueFours, fours);
        }
    }

    /// <summary>Four steps from <paramref name="k"/>, a multiple of 4, on. Both sides get one base and constant distances,
    /// which the loads carry as immediates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Steps(
        ref AttentionRegisters acc, ArrayView<Float4> leftView, int k, int rowThread,
        ArrayView<Float4> rightView, int rightStart, int rightStride, int fours)
    {
        var mixed = rowThread ^ ((k >> 2) & AttentionLayout<TTile>.SwizzleMask);
        var left = leftView.SubView(
            k * AttentionLayout<TTile>.RowFours + mixed, 4 * AttentionLayout<TTile>.RowFours - TTile.RowThreads + 1);
        var right = rightView.SubView(rightStart, 3 * rightStride + (fours - 1) * TTile.ColumnThreads + 1);
        Step(ref acc, left, 0, right, 0, fours);
        Step(ref acc, left, AttentionLayout<TTile>.RowFours, right, rightStride, fours);
        Step(ref acc, left, 2 * AttentionLayout<TTile>.RowFours, right, 2 * rightStride, fours);
        Step(ref acc, left, 3 * AttentionLayout<TTile>.RowFours, right, 3 * rightStride, fours);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        ref AttentionRegisters acc, ArrayView<Float4> left, int leftAt, ArrayView<Float4> right, int rightAt, int fours)
    {
        var rows = left[leftAt];
        var columns = right[rightAt];
        AttentionRegisters.Outer(ref acc.A, rows, columns);
        if (TTile.RowQuads == 2)
        {
            var rowsBelow = left[leftAt + TTile.RowThreads];
            AttentionRegisters.Outer(ref acc.C, rowsBelow, columns);
            if (fours == 2)
            {
                var more = right[rightAt + TTile.ColumnThreads];
                AttentionRegisters.Outer(ref acc.B, rows, more);
                AttentionRegisters.Outer(ref acc.D, rowsBelow, more);
            }
        }
        else
        {
            if (fours >= 2)
            {
                var second = right[rightAt + TTile.ColumnThreads];
                AttentionRegisters.Outer(ref acc.B, rows, second);
            }

            if (fours == 4)
            {
                var third = right[rightAt + 2 * TTile.ColumnThreads];
                AttentionRegisters.Outer(ref acc.C, rows, third);
                var fourth = right[rightAt + 3 * TTile.ColumnThreads];
                AttentionRegisters.Outer(ref acc.D, rows, fourth);
            }
        }
    }
}
