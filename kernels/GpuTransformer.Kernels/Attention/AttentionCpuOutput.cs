using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>The ends of an attention block's rows: chunks merged into what was there before, and the output divided by the
/// sum of the weights. A row that saw nothing gives zeros.</summary>
internal static unsafe class AttentionCpuOutput<TSimd, TVector, TScore>
    where TSimd : ISimd<TVector>
    where TVector : struct
    where TScore : struct, IScorePolicy
{
    private const float Ln2 = 0.693147181f;

    /// <summary>Divides and stores rows of <see cref="AttentionCpuState.Output"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Store(in AttentionCpuState state, ref AttentionCpu<TScore>.Args args, int row, int rows)
    {
        var from = state.Output + (long)row * state.Width;
        for (var r = row; r < row + rows; r++)
        {
            Store(from, state.OutputRows[r], state.HeadDim, state.Sum[r]);
            from += state.Width;
        }

        if (!args.LogSumExp.IsNull)
        {
            StoreLogSumExp(state, ref args, row, rows);
        }
    }

    /// <summary>The same for a panel tile's rows whose only chunk this is.</summary>
    /// <param name="state">The block's working memory.</param>
    /// <param name="args">The operation.</param>
    /// <param name="row">First of the rows.</param>
    /// <param name="rows">How many.</param>
    /// <param name="groupRow">The first row's place in its group.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreChunk(in AttentionCpuState state, ref AttentionCpu<TScore>.Args args, int row, int rows, int groupRow)
    {
        var from = state.ChunkOutput;
        var sum = state.ChunkSum + groupRow;
        for (var r = row; r < row + rows; r++)
        {
            Store(from, state.OutputRows[r], state.HeadDim, *sum++);
            from += state.Width;
        }

        if (!args.LogSumExp.IsNull)
        {
            for (var r = 0; r < rows; r++)
            {
                state.Sum[row + r] = state.ChunkSum[groupRow + r];
                state.Max[row + r] = state.ChunkMax[groupRow + r];
            }

            StoreLogSumExp(state, ref args, row, rows);
        }
    }

    /// <summary>Adds the chunk's sum and output of a row to those so far, both brought to the larger maximum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Merge(in AttentionCpuState state, int row, int groupRow, float* chunkOutput)
    {
        var (sum, chunkSum) = (state.Sum[row], state.ChunkSum[groupRow]);
        if (chunkSum == 0f)
        {
            return;
        }

        var (max, chunkMax) = (state.Max[row], state.ChunkMax[groupRow]);
        var output = state.Output + (long)row * state.Width;
        if (sum == 0f)
        {
            state.Max[row] = chunkMax;
            state.Sum[row] = chunkSum;
            if (output != chunkOutput)
            {
                Unsafe.CopyBlock(output, chunkOutput, (uint)state.Width * sizeof(float));
            }

            return;
        }

        var larger = Math.Max(max, chunkMax);
        var factor = SoftmaxExp.Power<TSimd, TVector>(max - larger);
        var chunkFactor = SoftmaxExp.Power<TSimd, TVector>(chunkMax - larger);
        state.Max[row] = larger;
        state.Sum[row] = sum * factor + chunkSum * chunkFactor;
        var (left, right) = (TSimd.Create(factor), TSimd.Create(chunkFactor));
        for (var d = 0; d < state.Width; d += TSimd.Lanes)
        {
            var scaled = TSimd.Multiply(TSimd.Load(chunkOutput + d), right);
            TSimd.Store(TSimd.MultiplyAdd(TSimd.Load(output + d), left, scaled), output + d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* from, float* to, int headDim, float sum)
    {
        if (sum == 0f)
        {
            new Span<float>(to, headDim).Clear();
            return;
        }

        // Adding 0 makes every zero positive, whichever way it came about.
        var (factor, zero) = (TSimd.Create(1f / sum), TSimd.Create(0f));
        var d = 0;
        for (; d + TSimd.Lanes <= headDim; d += TSimd.Lanes)
        {
            TSimd.Store(TSimd.MultiplyAdd(TSimd.Load(from + d), factor, zero), to + d);
        }

        if (d < headDim)
        {
            TSimd.StoreFirst(TSimd.MultiplyAdd(TSimd.Load(from + d), factor, zero), to + d, headDim - d);
        }
    }

    private static void StoreLogSumExp(in AttentionCpuState state, ref AttentionCpu<TScore>.Args args, int row, int rows)
    {
        for (var r = row; r < row + rows; r++)
        {
            var (ofBlock, head) = Math.DivRem(r, state.Heads);
            args.LogSumExp.Row(state.FirstRow + ofBlock)[state.FirstHead + head] = state.Sum[r] != 0f
                ? Ln2 * (state.Max[r] + MathF.Log2(state.Sum[r]))
                : float.NegativeInfinity;
        }
    }
}
