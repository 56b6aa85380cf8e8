namespace GpuTransformer.Kernels;

/// <summary>A table whose rows stay as a file stores them: in memory of the host that is mapped, not copied, and that must
/// outlive every run.</summary>
internal unsafe struct StoredTable
{
    /// <summary>The first row; at any address.</summary>
    public byte* Rows;

    /// <summary>Bytes from one row to the next.</summary>
    public long RowBytes;

    /// <summary>Widens a row to as many floats as its third argument says; null: there is no such table.</summary>
    public delegate*<byte*, float*, int, void> Widen;
}

/// <summary>What <see cref="StoredEmbedding"/> reads.</summary>
internal struct StoredEmbeddingArgs
{
    /// <summary>Everything but the table.</summary>
    public EmbeddingArgs Sum;

    /// <summary>The table, (vocabSize, width).</summary>
    public StoredTable Table;
}

/// <summary><see cref="Embedding"/> over a table in the host's memory as its file stores it; on a CPU alone. The table is
/// then shared between processes, and never held as float32.</summary>
internal sealed class StoredEmbedding : Operation<StoredEmbeddingArgs>
{
    internal static readonly Variant<StoredEmbeddingArgs>[] Variants = [ForWidth(DeviceTraits.WidestSimd)];

    internal StoredEmbedding(KernelSet kernels)
        : base(kernels, "Embedding", Variants)
    {
    }

    internal static unsafe CpuVariant<StoredEmbeddingArgs> ForWidth(int bits) =>
        SimdVariant.Of<EmbeddingCpu, StoredEmbeddingArgs, EmbeddingCpu.Args>("embedding-stored-cpu", bits, Convert, &EmbeddingCpu.TileCount);

    /// <inheritdoc/>
    protected override unsafe void Check(in StoredEmbeddingArgs args)
    {
        ShapeCheck.Width(Name, args.Sum.Width);
        ShapeCheck.Active(Name, "rows", args.Sum.Rows);
        ShapeCheck.Elements(Name, "ids", args.Sum.Ids, args.Sum.IdsOffset, args.Sum.Rows.Capacity);
        ShapeCheck.AtLeast(Name, "the rows of table", args.Sum.VocabSize, 1);
        if (args.Table.Rows == null || args.Table.Widen == null)
        {
            throw new ShapeException($"{Name}: a stored table is expected, found none.");
        }

        Kernels.Embedding.CheckRest(args.Sum);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in StoredEmbeddingArgs args) => args.Sum.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in StoredEmbeddingArgs args)
    {
        var rows = (long)args.Sum.Rows.Capacity;
        var tables = 1 + args.Sum.HasPositions + args.Sum.HasTypes;
        return ($"{rows} of {args.Sum.VocabSize} x{args.Sum.Width}", tables * rows * args.Sum.Width,
            rows * (4L * tables * args.Sum.Width + args.Table.RowBytes));
    }

    private static EmbeddingCpu.Args Convert(in StoredEmbeddingArgs args) =>
        EmbeddingCpu.Convert(args.Sum) with { Stored = args.Table };
}
