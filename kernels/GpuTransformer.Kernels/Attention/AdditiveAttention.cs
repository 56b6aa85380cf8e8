using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Additive attention (Bahdanau et al. 2014, arXiv:1409.0473): score(q, k) = v · tanh(Wq q + Wk k), with query and
/// key already projected; output = softmax(score) · value.</summary>
public sealed class AdditiveAttention : Operation<AdditiveAttentionArgs>
{
    internal static readonly Variant<AdditiveAttentionArgs>[] Variants =
    [
        new KernelVariant<AdditiveAttentionArgs>(
            "additive-naive", VariantKind.Naive, AdditiveAttentionNaive.Kernel,
            traits => (in AdditiveAttentionArgs args) => RowGrid.ThreadPerItem(traits, (long)args.Batch * args.SeqLenQ)),
        new KernelVariant<AdditiveAttentionArgs>(
            "additive-row", VariantKind.Group, AdditiveAttentionGroup.Kernel,
            traits => (in AdditiveAttentionArgs args) => new KernelConfig(
                args.Batch * args.SeqLenQ,
                RowGrid.GroupThreads(traits, Math.Max(args.SeqLenKv, args.ValueWidth), 1, AdditiveAttentionGroup.MostThreads))),
        AdditiveAttentionCpu.Variant,
    ];

    internal AdditiveAttention(KernelSet kernels)
        : base(kernels, "AdditiveAttention", Variants)
    {
    }

    /// <summary>Runs over contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="query">Wq q, (batch · seqLenQ, width).</param>
    /// <param name="key">Wk k, (batch · seqLenKv, width).</param>
    /// <param name="value">value, (batch · seqLenKv, valueWidth).</param>
    /// <param name="vector">v, (width).</param>
    /// <param name="keyLengths">Keys of each sequence, (batch); empty: all of them.</param>
    /// <param name="weights">Receives the weights, (batch · seqLenQ, seqLenKv).</param>
    /// <param name="output">Receives the output, (batch · seqLenQ, valueWidth).</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="seqLenQ">Queries of a sequence.</param>
    /// <param name="seqLenKv">Keys of a sequence.</param>
    /// <param name="width">Width of the scoring layer.</param>
    /// <param name="valueWidth">Width of a value.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> query, ArrayView<float> key, ArrayView<float> value,
        ArrayView<float> vector, ArrayView<int> keyLengths, ArrayView<float> weights, ArrayView<float> output,
        int batch, int seqLenQ, int seqLenKv, int width, int valueWidth) =>
        Run(stream, new AdditiveAttentionArgs
        {
            Query = RowView.Dense(query, width),
            Key = RowView.Dense(key, width),
            Value = RowView.Dense(value, valueWidth),
            Vector = vector,
            Output = RowView.Dense(output, valueWidth),
            Weights = RowView.Dense(weights, seqLenKv),
            KeyLengths = keyLengths,
            HasKeyLengths = keyLengths.Length == 0 ? 0 : 1,
            Batch = batch,
            SeqLenQ = seqLenQ,
            SeqLenKv = seqLenKv,
            Width = width,
            ValueWidth = valueWidth,
        });

    /// <inheritdoc/>
    protected override void Check(in AdditiveAttentionArgs args)
    {
        ShapeCheck.AtLeast(Name, "batch", args.Batch, 0);
        ShapeCheck.AtLeast(Name, "seqLenQ", args.SeqLenQ, 0);
        ShapeCheck.AtLeast(Name, "seqLenKv", args.SeqLenKv, 0);
        ShapeCheck.AtLeast(Name, "width", args.Width, 1);
        ShapeCheck.AtLeast(Name, "valueWidth", args.ValueWidth, 1);
        var queries = (long)args.Batch * args.SeqLenQ;
        var keys = (long)args.Batch * args.SeqLenKv;
        ShapeCheck.Rows(Name, "query", args.Query, queries, args.Width);
        ShapeCheck.Rows(Name, "key", args.Key, keys, args.Width);
        ShapeCheck.Rows(Name, "value", args.Value, keys, args.ValueWidth);
        ShapeCheck.Rows(Name, "weights", args.Weights, queries, args.SeqLenKv);
        ShapeCheck.Rows(Name, "output", args.Output, queries, args.ValueWidth);
        ShapeCheck.Elements(Name, "vector", args.Vector, args.VectorOffset, args.Width);
        if (args.HasKeyLengths != 0)
        {
            ShapeCheck.Elements(Name, "keyLengths", args.KeyLengths, 0, args.Batch);
        }
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in AdditiveAttentionArgs args) => args.Batch == 0 || args.SeqLenQ == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in AdditiveAttentionArgs args)
    {
        var queries = (long)args.Batch * args.SeqLenQ;
        var keys = (long)args.Batch * args.SeqLenKv;
        var pairs = queries * args.SeqLenKv;
        return (
            $"{args.Batch}x{args.SeqLenQ}x{args.SeqLenKv}x{args.Width}",
            pairs * (30L * args.Width + 2L * args.ValueWidth),
            sizeof(float) * ((queries + keys) * ((long)args.Width + args.ValueWidth) + 3 * pairs));
    }
}
