namespace GpuTransformer.Kernels;

/// <summary>What <see cref="OwnKeysAttention{TScore}"/> reads.</summary>
internal struct OwnKeysAttentionArgs<TScore>
    where TScore : struct, IScorePolicy
{
    /// <summary>The queries and what they see; row r of the row table and row r of the write table are of one sequence. Of
    /// the pages only the shape counts: they need no memory.</summary>
    public AttentionArgs<TScore> Attention;

    /// <summary>Keys and values, and the slots they would have in pages. The rows of a sequence follow each other.</summary>
    public KeyValueWriteArgs Write;
}

/// <summary><see cref="AttentionOperation{TScore}"/> of rows over the keys and values of the same rows, to the same bits
/// without pages in memory; on a CPU alone.</summary>
internal sealed class OwnKeysAttention<TScore> : Operation<OwnKeysAttentionArgs<TScore>>
    where TScore : struct, IScorePolicy
{
    /// <summary>Slots of a sequence up to which a thread packs those of a head into its own memory: 1 MB of heads of 64.</summary>
    public const int MostSlots = 2048;

    internal static readonly Variant<OwnKeysAttentionArgs<TScore>>[] Variants = [ForWidth(DeviceTraits.WidestSimd)];

    private readonly AttentionOperation<TScore> _attention;

    internal OwnKeysAttention(KernelSet kernels, AttentionOperation<TScore> attention)
        : base(kernels, "Attention", Variants) => _attention = attention;

    /// <summary>Whether a kernel set takes it for sequences of up to this many slots.</summary>
    public static bool IsFor(KernelSet kernels, int slots) =>
        VariantChoice.Preferred(kernels.Traits, kernels.RequestedVariant) == VariantKind.Cpu && slots <= MostSlots;

    internal static unsafe CpuVariant<OwnKeysAttentionArgs<TScore>> ForWidth(int bits) =>
        SimdVariant.Of<AttentionCpu<TScore>, OwnKeysAttentionArgs<TScore>, AttentionCpu<TScore>.Args>(
            "attention-own-keys-cpu", bits, Convert, &AttentionCpu<TScore>.TileCount);

    /// <inheritdoc/>
    protected override void Check(in OwnKeysAttentionArgs<TScore> args)
    {
        _attention.CheckRows(args.Attention);
        Kernels.KeyValueWrite.CheckRows(args.Write);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in OwnKeysAttentionArgs<TScore> args) => args.Attention.Blocks.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in OwnKeysAttentionArgs<TScore> args) =>
        AttentionOperation<TScore>.DescribeAll(args.Attention);

    private static AttentionCpu<TScore>.Args Convert(in OwnKeysAttentionArgs<TScore> args) =>
        AttentionCpu<TScore>.Convert(args.Attention) with { Own = AttentionCpuOwnKeys.Of(args.Write) };
}
