using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>A block of query rows against all their keys, for a few heads of one key head.
/// <para>Computes: output = softmax(score(scale · q·k)) · v over the slots [begin, end) of each row.</para>
/// <para>Order: chunks of keys at absolute places, each from scratch: scores, maximum, weights exp(score - maximum),
/// their sum, weights · values; then merged into the rows' maximum, sum and output, in ascending order.</para>
/// <para>Cost: 4 · headDim flops a row, head and visible slot; keys and values are read once a block.</para></summary>
internal static unsafe class AttentionCpuBlock<TSimd, TVector, TScore>
    where TSimd : ISimd<TVector>
    where TVector : struct
    where TScore : struct, IScorePolicy
{
    /// <param name="args">The operation.</param>
    /// <param name="head">The first of the query heads.</param>
    /// <param name="firstRow">The first query row.</param>
    /// <param name="count">Query rows; times the heads of a tile at most <see cref="AttentionCpuState.Rows"/>.</param>
    /// <param name="place">The tile where keys are not split.</param>
    /// <param name="part">Which chunk of the keys where they are, else 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(ref AttentionCpu<TScore>.Args args, int head, int firstRow, int count, int place, int part)
    {
        var state = AttentionCpuState.Create(args.HeadDim, TSimd.Lanes);
        state.FirstHead = head;
        state.Heads = args.HeadsPerTile;
        state.FirstRow = firstRow;
        var rows = count * state.Heads;
        FindRows(ref args, state, firstRow, count);

        var sequence = args.RowTable[4 * firstRow];
        var sees = Span(state, rows, out var begin, out var end)
            && (uint)sequence < (uint)args.Sequences && (args.Pages > 0 || !args.Own.IsNull);
        var chunks = sees ? AttentionCpuState.ChunksOf(begin, end) : 0;
        state.IsOneChunk = chunks == 1;
        if (chunks > 1 && args.Split.Parts > 1)
        {
            if (part < chunks)
            {
                RunChunks(ref args, ref state, sequence, rows, begin, end, part, part + 1);
                if (args.Split.Leave(state, place, part, chunks, rows))
                {
                    Merge(ref args, state, place, chunks, rows);
                }
            }

            return;
        }

        if (part > 0)
        {
            return;
        }

        RunChunks(ref args, ref state, sequence, rows, begin, end, 0, chunks);
        if (!state.IsOneChunk)
        {
            AttentionCpuOutput<TSimd, TVector, TScore>.Store(state, ref args, 0, rows);
        }
    }

    /// <summary>All rows against some chunks, counted from the first that they see.</summary>
    private static void RunChunks(
        ref AttentionCpu<TScore>.Args args, ref AttentionCpuState state, int sequence, int rows, int begin, int end, int from, int to)
    {
        for (var c = from; c < to; c++)
        {
            var start = (begin / AttentionCpuState.Chunk + c) * AttentionCpuState.Chunk;
            state.StartChunk(start, end);
            if (args.Own.IsNull)
            {
                FindPages(ref args, ref state, sequence, Math.Max(begin, start), Math.Min(end, start + AttentionCpuState.Chunk));
            }
            else
            {
                PackPages(ref args, ref state, sequence);
            }

            for (var row = 0; row < rows; row += state.GroupRows)
            {
                AttentionCpuChunk<TSimd, TVector, TScore>.Run(state, ref args, row, Math.Min(state.GroupRows, rows - row));
            }
        }
    }

    /// <summary>Brings together what the tiles of a block's chunks left.</summary>
    private static void Merge(ref AttentionCpu<TScore>.Args args, in AttentionCpuState state, int place, int chunks, int rows)
    {
        new Span<float>(state.Sum, rows).Clear();
        for (var part = 0; part < chunks; part++)
        {
            args.Split.Find(place, part, out var output, out var max, out var sum);
            for (var r = 0; r < rows; r++)
            {
                state.ChunkMax[r] = max[r];
                state.ChunkSum[r] = sum[r];
                AttentionCpuOutput<TSimd, TVector, TScore>.Merge(state, r, r, output + r * state.Width);
            }
        }

        AttentionCpuOutput<TSimd, TVector, TScore>.Store(state, ref args, 0, rows);
    }

    /// <summary>The slots that any of the rows sees.</summary>
    private static bool Span(in AttentionCpuState state, int rows, out int begin, out int end)
    {
        begin = int.MaxValue;
        end = 0;
        for (var r = 0; r < rows; r++)
        {
            if (state.Begin[r] < state.End[r])
            {
                begin = Math.Min(begin, state.Begin[r]);
                end = Math.Max(end, state.End[r]);
            }
        }

        return begin < end;
    }

    /// <summary>What each row sees, and where its query and its output are.</summary>
    private static void FindRows(ref AttentionCpu<TScore>.Args args, in AttentionCpuState state, int firstRow, int count)
    {
        var lastSlot = args.PagesPerSequence * PagedKeys.PageTokens;
        var (headDim, heads, r) = (state.HeadDim, state.Heads, 0);
        var table = args.RowTable + 4L * firstRow;
        for (var row = firstRow; row < firstRow + count; row++, table += 4)
        {
            var query = args.Query.Row(row) + state.FirstHead * headDim;
            var output = args.Output.Row(row) + state.FirstHead * headDim;
            for (var h = 0; h < heads; h++, r++)
            {
                state.Begin[r] = Math.Max(0, table[1]);
                state.End[r] = Math.Min(lastSlot, table[2]);
                state.Position[r] = table[3];
                state.Sum[r] = 0f;
                state.QueryRows[r] = query + h * headDim;
                state.OutputRows[r] = output + h * headDim;
            }
        }

        // The panel tile after the last is asked for too.
        for (var past = r; past < r + AttentionCpuState.TileRows; past++)
        {
            state.QueryRows[past] = state.QueryRows[r - 1];
        }
    }

    /// <summary>Finds the pages of slots [begin, end) of the chunk, and copies the values where their rows are not whole
    /// registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FindPages(
        ref AttentionCpu<TScore>.Args args, ref AttentionCpuState state, int sequence, int begin, int end)
    {
        var headFloats = (long)state.HeadDim * PagedKeys.PageTokens;
        var keyHead = state.FirstHead / (args.NumHeads / args.NumKvHeads);
        var table = args.PageTable + (long)sequence * args.PagesPerSequence;
        var copies = state.Width != state.HeadDim;
        state.ValueStride = copies ? state.Width : state.HeadDim;
        state.ValueRun = copies ? AttentionCpuState.Chunk : PagedKeys.PageTokens;
        for (var slot = begin / PagedKeys.PageTokens * PagedKeys.PageTokens; slot < end; slot += PagedKeys.PageTokens)
        {
            // A page beyond the views is not followed.
            var page = table[slot / PagedKeys.PageTokens];
            var offset = ((uint)page < (uint)args.Pages ? (long)page * args.NumKvHeads + keyHead : keyHead) * headFloats;
            var local = (slot - state.ChunkStart) / PagedKeys.PageTokens;
            state.KeyPages[local] = args.Keys + offset;
            state.ValuePages[local] = args.Values + offset;
            if (copies)
            {
                var to = state.PaddedValues + (long)(slot - state.ChunkStart) * state.Width;
                AttentionCpuValues<TSimd, TVector>.Copy(
                    args.Values + offset, state.HeadDim, to, Math.Min(PagedKeys.PageTokens, end - slot), state.HeadDim, state.Width);
                state.ValuePages[local] = to;
            }
        }
    }

    /// <summary>The chunk's pages in this thread's memory.</summary>
    private static void PackPages(ref AttentionCpu<TScore>.Args args, ref AttentionCpuState state, int sequence)
    {
        var keyHead = state.FirstHead / (args.NumHeads / args.NumKvHeads);
        var keys = args.Own.Packed<TSimd, TVector>(
            sequence, state.FirstRow, keyHead, state.HeadDim, state.Width, args.PagesPerSequence * PagedKeys.PageTokens, out var values);
        state.ValueStride = state.Width;
        state.ValueRun = AttentionCpuState.Chunk;
        var first = state.ChunkStart / PagedKeys.PageTokens;
        for (var page = first; page < Math.Min(args.PagesPerSequence, first + AttentionCpuState.ChunkPages); page++)
        {
            state.KeyPages[page - first] = keys + (long)page * PagedKeys.PageTokens * state.HeadDim;
            state.ValuePages[page - first] = values + (long)page * PagedKeys.PageTokens * state.Width;
        }
    }
}
