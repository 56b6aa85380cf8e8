namespace GpuTransformer.Kernels;

/// <summary>Attention over sequences of equal padded length: queries and output are (batch · seqLenQ, numHeads · headDim),
/// keys and values (batch · seqLenKv, numKvHeads · headDim).</summary>
public sealed record AttentionShape
{
    /// <summary>Sequences.</summary>
    public required int Batch { get; init; }

    /// <summary>Queries of a sequence.</summary>
    public required int SeqLenQ { get; init; }

    /// <summary>Keys of a sequence.</summary>
    public required int SeqLenKv { get; init; }

    /// <summary>Query heads.</summary>
    public required int NumHeads { get; init; }

    /// <summary>Width of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Key and value heads, of which the query heads are a multiple; null: as many as query heads.</summary>
    public int? NumKvHeads { get; init; }

    /// <summary>Whether a query sees no key after its own place. Aligned bottom-right: the last query sees every key.</summary>
    public bool Causal { get; init; }

    /// <summary>Factor on q·k; null: 1/√headDim.</summary>
    public float? Scale { get; init; }

    /// <summary>Rows of queries and output.</summary>
    public long QueryRows => (long)Batch * SeqLenQ;

    /// <summary>Rows of keys and values.</summary>
    public long KeyRows => (long)Batch * SeqLenKv;

    /// <summary>Columns of queries and output.</summary>
    public int QueryWidth => NumHeads * HeadDim;

    /// <summary>Columns of keys and of values.</summary>
    public int KeyWidth => KvHeads * HeadDim;

    internal int KvHeads => NumKvHeads ?? NumHeads;

    internal float ScaleOrDefault => Scale ?? 1f / MathF.Sqrt(HeadDim);

    /// <summary>Refuses sizes that make no sense together.</summary>
    internal void Check()
    {
        const string name = "AttentionShape";
        ShapeCheck.AtLeast(name, nameof(Batch), Batch, 1);
        ShapeCheck.AtLeast(name, nameof(SeqLenQ), SeqLenQ, 1);
        ShapeCheck.AtLeast(name, nameof(SeqLenKv), SeqLenKv, 1);
        PagedKeysCheck.Heads(name, NumHeads, new PagedKeys { NumKvHeads = KvHeads, HeadDim = HeadDim });
        ShapeCheck.Finite(name, nameof(Scale), ScaleOrDefault);
        var slots = ((long)SeqLenKv + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens * PagedKeys.PageTokens;
        AtMostIntMax("keys", (UInt128)(ulong)slots * (uint)Batch * (uint)KvHeads * (uint)HeadDim);
        AtMostIntMax("queries", (UInt128)(uint)SeqLenQ * (uint)Batch * (uint)NumHeads * (uint)HeadDim);
        AtMostIntMax("tables", (UInt128)(4 * Math.Max(QueryRows, KeyRows)));

        static void AtMostIntMax(string part, UInt128 elements) =>
            ShapeCheck.AtMostIntMax(name, part, elements > long.MaxValue ? long.MaxValue : (long)elements);
    }
}
