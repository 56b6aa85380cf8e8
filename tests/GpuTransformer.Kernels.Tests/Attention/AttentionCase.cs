using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Inputs of attention with their places in scrambled pages. Every slot that is not written is NaN, and page
/// table entries past a sequence name a page of NaN.</summary>
internal sealed class AttentionCase
{
    public AttentionCase(int numHeads, int numKvHeads, int headDim, int[] keyLengths, IEnumerable<QueryRow> rows, int seed = 1)
    {
        (NumHeads, NumKvHeads, HeadDim, KeyLengths, Rows) = (numHeads, numKvHeads, headDim, keyLengths, [.. rows]);
        Query = Data.Normal(Rows.Count * numHeads * headDim, seed);
        Keys = [.. keyLengths.Select((length, s) => Data.Normal(length * numKvHeads * headDim, seed + 10 + s))];
        Values = [.. keyLengths.Select((length, s) => Data.WithOutliers(length * numKvHeads * headDim, seed + 50 + s))];
        Scale = 1f / MathF.Sqrt(headDim);
    }

    public int NumHeads { get; }

    public int NumKvHeads { get; }

    public int HeadDim { get; }

    public int[] KeyLengths { get; }

    public List<QueryRow> Rows { get; }

    public float[] Query { get; }

    public float[][] Keys { get; }

    public float[][] Values { get; }

    public float Scale { get; set; }

    public int Width => NumHeads * HeadDim;

    public int PagesPerSequence => Math.Max(1, (KeyLengths.Max() + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens) + 1;

    /// <summary>Rows of sequences that see what their key length and, where asked for, causality and a window allow.
    /// Causality is aligned bottom-right: the last query sees every key.</summary>
    public static IEnumerable<QueryRow> Sequences(int[] queryLengths, int[] keyLengths, bool causal, int window = int.MaxValue)
    {
        for (var s = 0; s < keyLengths.Length; s++)
        {
            for (var i = 0; i < queryLengths[s]; i++)
            {
                var position = keyLengths[s] - queryLengths[s] + i;
                var end = causal ? Math.Clamp(position + 1, 0, keyLengths[s]) : keyLengths[s];
                yield return new QueryRow(s, Math.Max(0, end - window), end, position);
            }
        }
    }

    public double[] Expected(AttentionReference.Policy? policy = null) => AttentionReference.Compute(
        Query, Keys, Values, Rows, NumHeads, NumKvHeads, HeadDim, Scale, policy);

    /// <summary>Row table: sequence, begin, end, position of each row.</summary>
    public int[] RowTable() => [.. Rows.SelectMany(r => new[] { r.Sequence, r.Begin, r.End, r.Position })];

    /// <summary>Cuts consecutive rows of a sequence into blocks of at most <paramref name="blockRows"/>.</summary>
    public int[] BlockTable(int blockRows)
    {
        var table = new List<int>();
        for (var first = 0; first < Rows.Count;)
        {
            var count = 1;
            while (count < blockRows && first + count < Rows.Count && Rows[first + count].Sequence == Rows[first].Sequence)
            {
                count++;
            }

            table.AddRange([first, count]);
            first += count;
        }

        return [.. table];
    }

    /// <summary>Page ids in a scrambled order; entries past a sequence are the last page, which stays NaN.</summary>
    public int[] PageTable()
    {
        var order = Enumerable.Range(0, PageCount - 1).ToArray();
        new Random(11).Shuffle(order);
        var next = 0;
        var table = new int[KeyLengths.Length * PagesPerSequence];
        Array.Fill(table, PageCount - 1);
        for (var s = 0; s < KeyLengths.Length; s++)
        {
            for (var p = 0; p * PagedKeys.PageTokens < KeyLengths[s]; p++)
            {
                table[s * PagesPerSequence + p] = order[next++];
            }
        }

        return table;
    }

    /// <summary>Keys and values in their pages, NaN elsewhere.</summary>
    public (float[] Keys, float[] Values) Pages(int[] pageTable)
    {
        var keys = new float[PageCount * NumKvHeads * HeadDim * PagedKeys.PageTokens];
        Array.Fill(keys, float.NaN);
        var values = (float[])keys.Clone();
        for (var s = 0; s < KeyLengths.Length; s++)
        {
            for (var slot = 0; slot < KeyLengths[s]; slot++)
            {
                var page = pageTable[s * PagesPerSequence + slot / PagedKeys.PageTokens];
                var token = slot % PagedKeys.PageTokens;
                for (var i = 0; i < NumKvHeads * HeadDim; i++)
                {
                    var (head, d) = (i / HeadDim, i % HeadDim);
                    var from = slot * NumKvHeads * HeadDim + i;
                    keys[((page * NumKvHeads + head) * HeadDim + d) * PagedKeys.PageTokens + token] = Keys[s][from];
                    values[((page * NumKvHeads + head) * PagedKeys.PageTokens + token) * HeadDim + d] = Values[s][from];
                }
            }
        }

        return (keys, values);
    }

    private int PageCount => KeyLengths.Sum(length => (length + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens) + 3;
}

/// <summary>An attention case in device memory.</summary>
internal sealed class AttentionBuffers : IDisposable
{
    private readonly AttentionCase _case;
    private readonly int _blockRows;
    private readonly List<MemoryBuffer> _buffers = [];
    private readonly ArrayView<float> _query;
    private readonly ArrayView<int> _rowTable;
    private readonly ArrayView<int> _blockTable;

    public AttentionBuffers(TestDevice device, AttentionCase attentionCase, int blockRows, bool writePages = true)
    {
        (_case, _blockRows) = (attentionCase, blockRows);
        var pageTable = _case.PageTable();
        var (keys, values) = _case.Pages(pageTable);
        if (!writePages)
        {
            Array.Fill(keys, float.NaN);
            Array.Fill(values, float.NaN);
        }

        _query = Keep(device.Upload(Data.Strided(_case.Query, _case.Rows.Count, _case.Width, QueryStride, QueryOffset)));
        _rowTable = Keep(device.Upload(_case.RowTable()));
        _blockTable = Keep(device.Upload(_case.BlockTable(blockRows)));
        Pages = new PagedKeys
        {
            Keys = Keep(device.Upload(keys)),
            Values = Keep(device.Upload(values)),
            PageTable = Keep(device.Upload(pageTable)),
            PagesPerSequence = _case.PagesPerSequence,
            NumKvHeads = _case.NumKvHeads,
            HeadDim = _case.HeadDim,
        };
    }

    public PagedKeys Pages { get; }

    public RowView Query => new(_query, QueryOffset, QueryStride);

    public ArrayView<int> RowTable => _rowTable;

    private static int QueryOffset => 5;

    private int QueryStride => _case.Width + 3;

    public AttentionArgs<TScore> Arguments<TScore>(RowView output, TScore score)
        where TScore : struct, IScorePolicy => new()
        {
            Query = Query,
            Output = output,
            Pages = Pages,
            RowTable = _rowTable,
            BlockTable = _blockTable,
            Blocks = ActiveRows.Fixed((int)_blockTable.Length / 2),
            BlockRows = _blockRows,
            NumHeads = _case.NumHeads,
            Scale = _case.Scale,
            Score = score,
        };

    public void Dispose()
    {
        foreach (var buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    private ArrayView<float> Keep(MemoryBuffer1D<float, Stride1D.Dense> buffer)
    {
        _buffers.Add(buffer);
        return buffer.View;
    }

    private ArrayView<int> Keep(MemoryBuffer1D<int, Stride1D.Dense> buffer)
    {
        _buffers.Add(buffer);
        return buffer.View;
    }
}
