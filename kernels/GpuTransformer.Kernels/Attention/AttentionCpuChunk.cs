using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Some rows of an attention block against one chunk of keys: scores of all, weights of all, weights · values, merge.
/// Each step runs over all rows whose scores fit in the first-level cache, so that the processor is not drained between
/// steps for every few rows.
/// <para>Edges: scores are computed for whole pages, and what a row does not see is cut off before its maximum. The
/// second product runs over the slots that any of the rows sees, with weight 0 where a row does not, unless a value
/// there is not finite: then row by row. So nothing that a row does not see can reach it.</para></summary>
internal static unsafe class AttentionCpuChunk<TSimd, TVector, TScore>
    where TSimd : ISimd<TVector>
    where TVector : struct
    where TScore : struct, IScorePolicy
{
    private const int TileRows = AttentionCpuState.TileRows;

    /// <param name="state">The block's working memory.</param>
    /// <param name="args">The operation.</param>
    /// <param name="row">First of the rows.</param>
    /// <param name="rows">How many, at most <see cref="AttentionCpuState.GroupRows"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in AttentionCpuState state, ref AttentionCpu<TScore>.Args args, int row, int rows)
    {
        var spans = (TileSpan*)state.TileSpans;
        for (var r = 0; r < rows; r += TileRows)
        {
            var count = Math.Min(TileRows, rows - r);
            var span = SpanOf(state, row + r, count);
            *spans++ = span;
            if (span.Begin < span.End)
            {
                AttentionCpuQueries<TSimd, TVector>.Prefetch(state, row + r, count);
                AttentionCpuQueries<TSimd, TVector>.Load(state, args.Scale, row + r, count);
                Scores(state, r, count, span.Begin, span.End);
            }
        }

        spans = (TileSpan*)state.TileSpans;
        for (var r = 0; r < rows; r += TileRows)
        {
            Weigh(state, ref args, row, r, Math.Min(TileRows, rows - r), *spans++);
        }

        spans = (TileSpan*)state.TileSpans;
        for (var r = 0; r < rows; r += TileRows)
        {
            var span = *spans++;
            var count = Math.Min(TileRows, rows - r);
            if (span.Begin < span.End)
            {
                Outputs(state, ref args, row, r, count, span);
            }
            else if (state.IsOneChunk)
            {
                AttentionCpuOutput<TSimd, TVector, TScore>.StoreChunk(state, ref args, row + r, count, r);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TileSpan SpanOf(in AttentionCpuState state, int row, int rows)
    {
        var span = new TileSpan { Begin = AttentionCpuState.Chunk, CommonEnd = AttentionCpuState.Chunk };
        for (var r = row; r < row + rows; r++)
        {
            var (b, e) = Slots(state, r);
            if (b < e)
            {
                span.Begin = Math.Min(span.Begin, b);
                span.End = Math.Max(span.End, e);
                span.CommonBegin = Math.Max(span.CommonBegin, b);
                span.CommonEnd = Math.Min(span.CommonEnd, e);
            }
        }

        return span;
    }

    /// <summary>Weights of a panel tile's rows from their scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Weigh(
        in AttentionCpuState state, ref AttentionCpu<TScore>.Args args, int groupRow, int row, int rows, in TileSpan span)
    {
        var max = state.ChunkMax + row;
        var sum = state.ChunkSum + row;
        var scores = state.Scores + (long)row * state.ScoreStride;
        if (span.Begin >= span.End)
        {
            new Span<float>(sum, rows).Clear();
            return;
        }

        if (typeof(TScore) != typeof(PlainScore) || span.Begin != span.CommonBegin || span.End != span.CommonEnd
            || (span.Begin | span.End) % TSimd.Lanes != 0)
        {
            for (var r = 0; r < rows; r++)
            {
                var (b, e) = Slots(state, groupRow + row + r);
                if (typeof(TScore) != typeof(PlainScore))
                {
                    Apply(state, ref args, groupRow + row + r, scores + (long)r * state.ScoreStride, b, e);
                }

                Hide(scores + (long)r * state.ScoreStride, b, e, span.Begin, span.End);
            }
        }

        AttentionCpuWeights<TSimd, TVector>.Run(scores, state.ScoreStride, rows, span.Begin, span.End, max, sum);
    }

    /// <summary>Weights · values of a panel tile's rows, merged into their output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Outputs(
        in AttentionCpuState state, ref AttentionCpu<TScore>.Args args, int groupRow, int row, int rows, in TileSpan span)
    {
        // The first of several chunks that these rows see is their output so far.
        var fresh = !state.IsOneChunk;
        for (var r = 0; r < rows && fresh; r++)
        {
            fresh = state.Sum[groupRow + row + r] == 0f;
        }

        var weights = state.Scores + (long)row * state.ScoreStride;
        var output = fresh ? state.Output + (long)(groupRow + row) * state.Width : state.ChunkOutput;
        if (AllFinite(state, span.Begin, Math.Min(span.CommonBegin, span.End))
            && AllFinite(state, Math.Max(span.CommonEnd, span.CommonBegin), span.End))
        {
            Product(state, weights, output, rows, span.Begin, span.End);
        }
        else
        {
            for (var r = 0; r < rows; r++)
            {
                var (b, e) = Slots(state, groupRow + row + r);
                Product(state, weights + (long)r * state.ScoreStride, output + (long)r * state.Width, 1, b, e);
            }
        }

        if (state.IsOneChunk)
        {
            AttentionCpuOutput<TSimd, TVector, TScore>.StoreChunk(state, ref args, groupRow + row, rows, row);
            return;
        }

        for (var r = 0; r < rows; r++)
        {
            AttentionCpuOutput<TSimd, TVector, TScore>.Merge(state, groupRow + row + r, row + r, output + (long)r * state.Width);
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
            A = state.Query,
            AStride = state.HeadDim,
            Step = PagedKeys.PageTokens,
            Count = state.HeadDim,
            SegmentLength = state.HeadDim,
            SegmentStep = 1,
            CStride = state.ScoreStride,
        };
        var scores = state.Scores + (long)row * state.ScoreStride;
        for (var v = begin / PagedKeys.PageTokens * registersPerPage; v < last;)
        {
            var registers = PanelProduct<TSimd, TVector>.Registers(rows, last - v);
            var start = Keys(state, v);
            walk.Segments = state.KeyPages + v / registersPerPage;
            walk.Column = v % registersPerPage * TSimd.Lanes;
            walk.Offset1 = registers > 1 ? (nint)(Keys(state, v + 1) - start) : 0;
            walk.Offset2 = registers > 2 ? (nint)(Keys(state, v + 2) - start) : 0;
            walk.Offset3 = registers > 3 ? (nint)(Keys(state, v + 3) - start) : 0;
            walk.C = scores + v * TSimd.Lanes;
            walk.Tiles = registers == registersPerPage ? PanelProduct<TSimd, TVector>.Tiles(rows, registers, last - v) : 1;
            PanelProduct<TSimd, TVector>.Run(walk, rows, registers);
            v += registers * walk.Tiles;
        }
    }

    /// <summary>Where register <paramref name="v"/> of the chunk's keys is, at dimension 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Keys(in AttentionCpuState state, int v)
    {
        var registersPerPage = PagedKeys.PageTokens / TSimd.Lanes;
        return state.KeyPages[v / registersPerPage] + v % registersPerPage * TSimd.Lanes;
    }

    /// <summary>A policy's scores, then as powers of two.</summary>
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
        }
        else
        {
            for (var slot = begin; slot < end; slot++)
            {
                scores[slot] = args.Score.Apply(scores[slot], head, state.Position[row], state.ChunkStart + slot);
            }
        }

        // The registers' other slots are cut off right after this.
        var log2E = TSimd.Create(FastMath.Log2E);
        for (var i = begin / TSimd.Lanes * TSimd.Lanes; i < end; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(scores + i), log2E), scores + i);
        }
    }

    /// <summary>Makes what a row does not see -infinity, in the registers that hold slots [tileBegin, tileEnd): those that
    /// begin before <paramref name="begin"/>, and those from the one that holds <paramref name="end"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Hide(float* scores, int begin, int end, int tileBegin, int tileEnd)
    {
        var hidden = TSimd.Create(float.NegativeInfinity);
        var i = tileBegin / TSimd.Lanes * TSimd.Lanes;
        for (var before = Math.Min(begin, tileEnd); i < before; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.SelectRange(TSimd.Load(scores + i), hidden, begin - i, end - i), scores + i);
        }

        for (i = Math.Max(i, end / TSimd.Lanes * TSimd.Lanes); i < tileEnd; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.SelectRange(TSimd.Load(scores + i), hidden, begin - i, end - i), scores + i);
        }
    }

    /// <summary>Whether all values in these slots of the chunk are finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool AllFinite(in AttentionCpuState state, int begin, int end)
    {
        if (begin >= end)
        {
            return true;
        }

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
            AStride = state.ScoreStride,
            Segments = state.ValuePages + begin / PagedKeys.PageTokens,
            Offset1 = TSimd.Lanes,
            Offset2 = 2 * TSimd.Lanes,
            Offset3 = 3 * TSimd.Lanes,
            Step = state.ValueStride,
            First = begin % PagedKeys.PageTokens,
            Count = end - begin,
            SegmentLength = state.ValueRun,
            CStride = state.Width,
        };
        for (var column = 0; column < state.Width;)
        {
            var left = (state.Width - column) / TSimd.Lanes;
            var registers = PanelProduct<TSimd, TVector>.Registers(rows, left);
            walk.Column = column;
            walk.ColumnStep = registers * TSimd.Lanes;
            walk.C = output + column;
            walk.Tiles = PanelProduct<TSimd, TVector>.Tiles(rows, registers, left);
            PanelProduct<TSimd, TVector>.Run(walk, rows, registers);
            column += registers * walk.Tiles * TSimd.Lanes;
        }
    }

    /// <summary>The slots of a chunk that a panel tile's rows see.</summary>
    private struct TileSpan
    {
        /// <summary>First and end of those that any row sees.</summary>
        public int Begin, End;

        /// <summary>First and end of those that all rows see which see any.</summary>
        public int CommonBegin, CommonEnd;
    }
}
