using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.References;

/// <summary>Inputs of attention with their places in scrambled pages. Every slot that is not written is NaN, and page
/// table entries past a sequence name a page of NaN.</summary>
internal sealed class AttentionCase
{
    public AttentionCase(int numHeads, int numKvHeads, int headDim, int[] keyLengths, IEnumerable<QueryRow> rows, int seed = 1)
        : this(
            numHeads,
            numKvHeads,
            headDim,
            keyLengths,
            [.. rows],
            count => Data.Normal(count, seed),
            (s, count) => Data.Normal(count, seed + 10 + s),
            (s, count) => Data.WithOutliers(count, seed + 50 + s))
    {
    }

    /// <summary>Inputs by count of elements; keys and values by sequence too.</summary>
    public AttentionCase(
        int numHeads, int numKvHeads, int headDim, int[] keyLengths, List<QueryRow> rows,
        Func<int, float[]> query, Func<int, int, float[]> keys, Func<int, int, float[]> values)
    {
        (NumHeads, NumKvHeads, HeadDim, KeyLengths, Rows) = (numHeads, numKvHeads, headDim, keyLengths, rows);
        Query = query(Rows.Count * numHeads * headDim);
        Keys = [.. keyLengths.Select((length, s) => keys(s, length * numKvHeads * headDim))];
        Values = [.. keyLengths.Select((length, s) => values(s, length * numKvHeads * headDim))];
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

    /// <summary>One row of <see cref="Expected"/>.</summary>
    public double[] ExpectedRow(int row, AttentionReference.Policy? policy) => AttentionReference.Row(
        Query, Keys, Values, Rows, row, NumHeads, NumKvHeads, HeadDim, Scale, policy);

    /// <summary>The weights of the first rows, (rows, numHeads · mapKeys).</summary>
    public double[] ExpectedMap(int rows, int mapKeys, double scale) => AttentionReference.Map(
        Query, Keys, Rows, rows, NumHeads, NumKvHeads, HeadDim, scale, mapKeys);

    public double[] ExpectedLogSumExp(AttentionReference.Policy? policy = null) => AttentionReference.LogSumExp(
        Query, Keys, Rows, NumHeads, NumKvHeads, HeadDim, Scale, policy);

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
    /// <param name="pageTable">Of <see cref="PageTable"/>.</param>
    /// <param name="sequences">Only those before; the others are not written.</param>
    public (float[] Keys, float[] Values) Pages(int[] pageTable, int sequences = int.MaxValue)
    {
        var keys = new float[PageCount * NumKvHeads * HeadDim * PagedKeys.PageTokens];
        Array.Fill(keys, float.NaN);
        var values = (float[])keys.Clone();
        for (var s = 0; s < KeyLengths.Length && s < sequences; s++)
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
