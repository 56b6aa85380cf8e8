using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>A few rows of an attention block against one chunk of keys: scores, weights, weights · values, merge.
/// <para>Edges: scores are computed for whole pages, and what a row does not see is cut off before its maximum. The
/// second product runs over the slots that any of the rows sees, with weight 0 where a row does not, unless a value
/// there is not finite: then row by row. So nothing that a row does not see can reach it.</para></summary>
internal static unsafe class AttentionCpuChunk<TSimd, TVector, TScore>
    where TSimd : ISimd<TVector>
    where TVector : struct
    where TScore : struct, IScorePolicy
{
    private const int ScoreStride = AttentionCpuState.ScoreStride;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in AttentionCpuState state, ref AttentionCpu<TScore>.Args args, int row, int rows)
    {
        // Slots within the chunk that any row sees, and those that all do which see any.
        var (begin, end, commonBegin, commonEnd, fresh) = (AttentionCpuState.Chunk, 0, 0, AttentionCpuState.Chunk, true);
        for (var r = row; r < row + rows; r++)
        {
            var (b, e) = Slots(state, r);
            fresh &= state.Sum[r] == 0f;
            if (b < e)
            {
                begin = Math.Min(begin, b);
                end = Math.Max(end, e);
                commonBegin = Math.Max(commonBegin, b);
                commonEnd = Math.Min(commonEnd, e);
            }
        }

        if (begin >= end)
        {
            return;
        }

        Scores(state, row, rows, begin, end);
        for (var r = 0; r < rows; r++)
        {
            var (b, e) = Slots(state, row + r);
            if (typeof(TScore) != typeof(PlainScore))
            {
                Apply(state, ref args, row + r, state.Scores + r * ScoreStride, b, e);
            }

            Hide(state.Scores + r * ScoreStride, b, e, begin, end);
        }

        for (var r = 0; r < rows; r += 4)
        {
            if (rows - r > 1)
            {
                AttentionCpuWeights<TSimd, TVector>.Run4(state, r, begin, end);
            }
            else
            {
                AttentionCpuWeights<TSimd, TVector>.Run1(state, r, begin, end);
            }
        }

        // The first chunk that these rows see is their output so far.
        var output = fresh ? state.Output + (long)row * state.Width : state.ChunkOutput;
        if (AllFinite(state, begin, Math.Min(commonBegin, end)) && AllFinite(state, Math.Max(commonEnd, commonBegin), end))
        {
            Product(state, state.Scores, output, rows, begin, end);
        }
        else
        {
            for (var r = 0; r < rows; r++)
            {
                var (b, e) = Slots(state, row + r);
                Product(state, state.Scores + r * ScoreStride, output + (long)r * state.Width, 1, b, e);
            }
        }

        for (var r = 0; r < rows; r++)
        {
            Merge(state, row + r, r, output + (long)r * state.Width);
        }
    }

    /// <summary>The slots of this chunk that a row sees, counted from the chunk's start.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int Begin, int End) Slots(in AttentionCpuState state, int row) =>
        (Math.Max(state.Begin[row] - state.ChunkStart, 0), Math.Min(state.End[row] - state.ChunkStart, AttentionCpuState.Chunk));

    /// <summary>Scores of the pages that hold slots [begin, end): scale · q · k, 16 slots of a page at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores(in AttentionCpuState state, int row, int rows, int begin, int end)
    {
        var registersPerPage = PagedKeys.PageTokens / TSimd.Lanes;
        var last = (end + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens * registersPerPage;
        var walk = new PanelWalk
        {
            A = state.Query + (long)row * state.HeadDim,
            AStride = state.HeadDim,
            Step = PagedKeys.PageTokens,
            Count = state.HeadDim,
            SegmentLength = state.HeadDim,
            CStride = ScoreStride,
        };
        for (var v = begin / PagedKeys.PageTokens * registersPerPage; v < last;)
        {
            var registers = PanelProduct<TSimd, TVector>.Registers(rows, last - v);
            var start = Keys(state, v);
            walk.Segments = state.KeyPages + v / registersPerPage;
            walk.Column = v % registersPerPage * TSimd.Lanes;
            walk.Offset1 = registers > 1 ? (nint)(Keys(state, v + 1) - start) : 0;
            walk.Offset2 = registers > 2 ? (nint)(Keys(state, v + 2) - start) : 0;
            walk.Offset3 = registers > 3 ? (nint)(Keys(state, v + 3) - start) : 0;
            walk.C = state.Scores + v * TSimd.Lanes;
            PanelProduct<TSimd, TVector>.Run(walk, rows, registers);
            v += registers;
        }
    }

    /// <summary>Where register <paramref name="v"/> of the chunk's keys is, at dimension 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Keys(in AttentionCpuState state, int v)
    {
        var registersPerPage = PagedKeys.PageTokens / TSimd.Lanes;
        return state.KeyPages[v / registersPerPage] + v % registersPerPage * TSimd.Lanes;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply(
        in AttentionCpuState state, ref AttentionCpu<TScore>.Args args, int row, float* scores, int begin, int end)
    {
        var head = state.FirstHead + row % state.Heads;
        if (typeof(TScore) == typeof(RelativeBiasScore))
        {
            if (begin < end)
            {
                args.Bias.Add<TSimd, TVector>(head, (long)state.Position[row] - state.ChunkStart, scores, begin, end);
            }

            return;
        }

        for (var slot = begin; slot < end; slot++)
        {
            scores[slot] = args.Score.Apply(scores[slot], head, state.Position[row], state.ChunkStart + slot);
        }
    }

    /// <summary>Makes what a row does not see -infinity, in the registers that hold slots [tileBegin, tileEnd).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Hide(float* scores, int begin, int end, int tileBegin, int tileEnd)
    {
        var lanes = TSimd.Lanes;
        var hidden = TSimd.Create(float.NegativeInfinity);
        for (var i = tileBegin / lanes * lanes; i < tileEnd; i += lanes)
        {
            if (i < begin || i + lanes > end)
            {
                TSimd.Store(TSimd.SelectRange(TSimd.Load(scores + i), hidden, begin - i, end - i), scores + i);
            }
        }
    }

    /// <summary>Whether all values in these slots of the chunk are finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool AllFinite(in AttentionCpuState state, int begin, int end)
    {
        var zero = TSimd.Create(0f);
        var sum = zero;
        for (var slot = begin; slot < end; slot++)
        {
            var value = state.ValuePages[slot / PagedKeys.PageTokens] + (long)(slot % PagedKeys.PageTokens) * state.ValueStride;
            for (var d = 0; d < state.Width; d += TSimd.Lanes)
            {
                sum = TSimd.MultiplyAdd(TSimd.Load(value + d), zero, sum);
            }
        }

        return TSimd.Sum(sum) == 0f;
    }

    /// <summary>output = weights · values over slots [begin, end).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Product(in AttentionCpuState state, float* weights, float* output, int rows, int begin, int end)
    {
        var walk = new PanelWalk
        {
            A = weights + begin,
            AStride = ScoreStride,
            Segments = state.ValuePages + begin / PagedKeys.PageTokens,
            Offset1 = TSimd.Lanes,
            Offset2 = 2 * TSimd.Lanes,
            Offset3 = 3 * TSimd.Lanes,
            Step = state.ValueStride,
            First = begin % PagedKeys.PageTokens,
            Count = end - begin,
            SegmentLength = PagedKeys.PageTokens,
            CStride = state.Width,
        };
        for (var column = 0; column < state.Width;)
        {
            var registers = PanelProduct<TSimd, TVector>.Registers(rows, (state.Width - column) / TSimd.Lanes);
            walk.Column = column;
            walk.C = output + column;
            PanelProduct<TSimd, TVector>.Run(walk, rows, registers);
            column += registers * TSimd.Lanes;
        }
    }

    /// <summary>Adds the chunk's sum and output of a row to those so far, both brought to the larger maximum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Merge(in AttentionCpuState state, int row, int tileRow, float* chunkOutput)
    {
        var (sum, chunkSum) = (state.Sum[row], state.ChunkSum[tileRow]);
        if (chunkSum == 0f)
        {
            return;
        }

        var (max, chunkMax) = (state.Max[row], state.ChunkMax[tileRow]);
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
        var factor = SoftmaxExp.Exp<TSimd, TVector>(max - larger);
        var chunkFactor = SoftmaxExp.Exp<TSimd, TVector>(chunkMax - larger);
        state.Max[row] = larger;
        state.Sum[row] = sum * factor + chunkSum * chunkFactor;
        var (left, right) = (TSimd.Create(factor), TSimd.Create(chunkFactor));
        for (var d = 0; d < state.Width; d += TSimd.Lanes)
        {
            var scaled = TSimd.Multiply(TSimd.Load(chunkOutput + d), right);
            TSimd.Store(TSimd.MultiplyAdd(TSimd.Load(output + d), left, scaled), output + d);
        }
    }
}
