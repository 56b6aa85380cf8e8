using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Brings a stage of queries and keys into shared memory: 32 dimensions of the group's rows and of 64 keys. Heads of
/// whole fours are loaded 128 bits at a time, up to eight loads under way in each thread.</summary>
/// <remarks>Rows past the block read its last row, keys in pages that no row sees read a page that one does, dimensions
/// past the head the last that is there: none of it reaches an output. Queries are turned on the way: a warp reads 4
/// rows by 32 dimensions and writes 4 rows of each dimension into banks that the mixing keeps apart.</remarks>
internal static class AttentionStage<TScore, TTile>
    where TScore : struct, IScorePolicy
    where TTile : struct, IAttentionTile
{
    private const int PageShift = 4;
    private const int KeyColumns = 16;
    private const int KeyColumnShift = 4;
    private const int QueryFours = 8;
    private const int QueryFourShift = 3;

    private static int KeyPasses => AttentionLayout<TTile>.StageDims * KeyColumns / AttentionLayout<TTile>.Threads;

    private static int KeyDims => AttentionLayout<TTile>.Threads >> KeyColumnShift;

    private static int QueryPasses => (QueryFours << TTile.RowShift) / AttentionLayout<TTile>.Threads;

    private static int QueryRows => AttentionLayout<TTile>.Threads >> QueryFourShift;

    /// <summary>Where dimension 0 of the four keys that this thread stages is, in fours. The number of threads is a
    /// multiple of the 16 columns, so a thread stays with its column, which is in one page.</summary>
    public static int KeyStart(in PagedKeys pages, in AttentionBlock block, int tileStart)
    {
        var column = Group.IdxX & (KeyColumns - 1);
        var slot = tileStart + 4 * column;
        slot = slot < block.Begin ? block.Begin : slot;
        slot = slot >= block.End ? block.End - 1 : slot;
        var start = PageAddress.KeysStart(pages, PageAddress.Page(pages, block.Sequence, slot), block.KvHead);
        return (start >> 2) + (column & 3);
    }

    /// <summary>Stages dimensions [firstDim, firstDim + result); the result is a multiple of 4.</summary>
    public static int Dims(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared, int keyStart, int firstDim)
    {
        var left = args.Pages.HeadDim - firstDim;
        left = left > AttentionLayout<TTile>.StageDims ? AttentionLayout<TTile>.StageDims : left;
        if (((args.Pages.HeadDim | args.Query.Offset | args.Query.Stride) & 3) == 0)
        {
            for (var pass = 0; pass < KeyPasses; pass += 4)
            {
                var keys = LoadKeys(args.Pages, keyStart, firstDim, left, pass);
                if (pass < QueryPasses)
                {
                    var queries = LoadQueries(args, block, firstDim, left, pass);
                    StoreQueries(shared, queries, args.Scale, pass);
                }

                StoreKeys(shared, keys, pass);
            }
        }
        else
        {
            KeysByOne(args.Pages, shared, keyStart, firstDim, left);
            QueriesByOne(args, block, shared, firstDim, left);
        }

        return (left + 3) & ~3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4x4 LoadKeys(in PagedKeys pages, int keyStart, int firstDim, int left, int pass)
    {
        var keys = pages.Keys.Cast<Float4>();
        var d = (Group.IdxX >> KeyColumnShift) + pass * KeyDims;
        var start = keyStart + 4 * firstDim;
        Float4x4 result;
        result.A = keys[start + 4 * Least(d, left - 1)];
        result.B = keys[start + 4 * Least(d + KeyDims, left - 1)];
        result.C = keys[start + 4 * Least(d + 2 * KeyDims, left - 1)];
        result.D = keys[start + 4 * Least(d + 3 * KeyDims, left - 1)];
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreKeys(in AttentionShared shared, in Float4x4 keys, int pass)
    {
        var to = shared.Keys.SubView(Group.IdxX + pass * AttentionLayout<TTile>.Threads, 3 * AttentionLayout<TTile>.Threads + 1);
        to[0] = keys.A;
        to[AttentionLayout<TTile>.Threads] = keys.B;
        to[2 * AttentionLayout<TTile>.Threads] = keys.C;
        to[3 * AttentionLayout<TTile>.Threads] = keys.D;
    }

    /// <summary>Four dimensions of four rows, of two where a thread has no more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4x4 LoadQueries(
        in AttentionArgs<TScore> args, in AttentionBlock block, int firstDim, int left, int pass)
    {
        var four = Group.IdxX & (QueryFours - 1);
        var row = (Group.IdxX >> QueryFourShift) + pass * QueryRows;
        var dim = 4 * four < left ? firstDim + 4 * four : firstDim;
        var result = default(Float4x4);
        result.A = Query(args, block, row, dim);
        result.B = Query(args, block, row + QueryRows, dim);
        if (QueryPasses >= 4)
        {
            result.C = Query(args, block, row + 2 * QueryRows, dim);
            result.D = Query(args, block, row + 3 * QueryRows, dim);
        }

        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreQueries(in AttentionShared shared, in Float4x4 queries, float scale, int pass)
    {
        var four = Group.IdxX & (QueryFours - 1);
        var row = (Group.IdxX >> QueryFourShift) + pass * QueryRows;
        Turn(shared, queries.A, scale, row, four);
        Turn(shared, queries.B, scale, row + QueryRows, four);
        if (QueryPasses >= 4)
        {
            Turn(shared, queries.C, scale, row + 2 * QueryRows, four);
            Turn(shared, queries.D, scale, row + 3 * QueryRows, four);
        }
    }

    private static Float4 Query(in AttentionArgs<TScore> args, in AttentionBlock block, int row, int dim)
    {
        var at = (block.FirstRow + Least(row, block.RowCount - 1)) * args.Query.Stride + block.Head * args.Pages.HeadDim + dim;
        return args.Query.Data.Cast<Float4>()[(args.Query.Offset + at) >> 2];
    }

    /// <summary>Four dimensions of a row, one below the other.</summary>
    private static void Turn(in AttentionShared shared, Float4 value, float scale, int row, int four)
    {
        var at = (4 * four << TTile.RowShift) + QueryPlace(row, four);
        var to = shared.Query.Cast<float>().SubView(at, 3 * AttentionLayout<TTile>.Rows + 1);
        to[0] = value.X * scale;
        to[AttentionLayout<TTile>.Rows] = value.Y * scale;
        to[2 * AttentionLayout<TTile>.Rows] = value.Z * scale;
        to[3 * AttentionLayout<TTile>.Rows] = value.W * scale;
    }

    private static int QueryPlace(int row, int four) =>
        (((row >> 2) ^ (four & AttentionLayout<TTile>.SwizzleMask)) << 2) + (row & 3);

    private static void KeysByOne(in PagedKeys pages, in AttentionShared shared, int keyStart, int firstDim, int left)
    {
        var keys = pages.Keys.Cast<Float4>();
        for (var i = Group.IdxX; i < (left + 3) >> 2 << (KeyColumnShift + 2); i += AttentionLayout<TTile>.Threads)
        {
            var d = i >> KeyColumnShift;
            var value = keys[keyStart + 4 * (firstDim + Least(d, left - 1))];
            shared.Keys[i] = d < left ? value : default;
        }
    }

    private static void QueriesByOne(
        in AttentionArgs<TScore> args, in AttentionBlock block, in AttentionShared shared, int firstDim, int left)
    {
        var to = shared.Query.Cast<float>();
        for (var i = Group.IdxX; i < (left + 3) >> 2 << (TTile.RowShift + 2); i += AttentionLayout<TTile>.Threads)
        {
            var d = i >> TTile.RowShift;
            var row = i & (AttentionLayout<TTile>.Rows - 1);
            var column = block.Head * args.Pages.HeadDim + firstDim + Least(d, left - 1);
            var value = args.Query[block.FirstRow + Least(row, block.RowCount - 1), column] * args.Scale;
            to[(d << TTile.RowShift) + QueryPlace(row, d >> 2)] = d < left ? value : 0f;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Least(int value, int most) => value < most ? value : most;
}
