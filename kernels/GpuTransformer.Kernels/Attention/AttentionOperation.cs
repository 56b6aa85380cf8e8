using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Attention with one score policy.</summary>
/// <typeparam name="TScore">What happens to a scaled score before the softmax.</typeparam>
public class AttentionOperation<TScore> : Operation<AttentionArgs<TScore>>
    where TScore : struct, IScorePolicy
{
    /// <summary>CUDA allows no more groups in y, where the heads are.</summary>
    internal const int MostGroupsInY = 65535;

    internal static readonly Variant<AttentionArgs<TScore>>[] Variants =
    [
        new KernelVariant<AttentionArgs<TScore>>(
            "attention-naive", VariantKind.Naive, AttentionNaive<TScore>.Kernel,
            traits => (in AttentionArgs<TScore> args) =>
                RowGrid.ThreadPerItem(traits, (long)args.Blocks.Capacity * args.BlockRows * args.NumHeads)),
        Tile<AttentionTileSmall>("attention-flash-small", fewestRows: 1, mostDims: int.MaxValue, minGroups: 4),
        Tile<AttentionTile32x256>("attention-flash-32x256", fewestRows: 1, mostDims: int.MaxValue, minGroups: 2),
        Tile<AttentionTile64x128>("attention-flash-64x128", fewestRows: 33, mostDims: 128, minGroups: 2),
        Tile<AttentionTile64x64>("attention-flash-64x64", fewestRows: 33, mostDims: 64, minGroups: 4),
        AttentionDecoding<TScore>.Row,
        AttentionDecoding<TScore>.Split,
        AttentionCpu<TScore>.Variant,
    ];

    internal AttentionOperation(KernelSet kernels)
        : base(kernels, "Attention", Variants) => OverOwnKeys = new OwnKeysAttention<TScore>(kernels, this);

    /// <summary>The same of rows over their own keys, which are then in no pages; on a CPU alone.</summary>
    internal OwnKeysAttention<TScore> OverOwnKeys { get; }

    /// <summary>output = softmax(score(scale · q·k)) · v over contiguous matrices; writes keys and values into the
    /// workspace's pages first.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="q">q, (batch · seqLenQ, numHeads · headDim).</param>
    /// <param name="k">k, (batch · seqLenKv, numKvHeads · headDim).</param>
    /// <param name="v">v, (batch · seqLenKv, numKvHeads · headDim).</param>
    /// <param name="output">output, (batch · seqLenQ, numHeads · headDim); not q.</param>
    /// <param name="workspace">Made for the shape and for this kernel set.</param>
    /// <param name="score">The score policy with its fields; public, as ILGPU's CPU accelerator demands. Positions: key j
    /// of a sequence is at j, query i at keyLength - seqLenQ + i.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<float> output,
        AttentionWorkspace workspace, TScore score)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        var shape = workspace.Shape;
        Run(
            stream, RowView.Dense(q, shape.QueryWidth), RowView.Dense(k, shape.KeyWidth), RowView.Dense(v, shape.KeyWidth),
            RowView.Dense(output, shape.QueryWidth), workspace, score);
    }

    /// <summary>The same over matrices with offsets and strides, such as the parts of a fused projection.</summary>
    /// <inheritdoc cref="Run(AcceleratorStream, ArrayView{float}, ArrayView{float}, ArrayView{float}, ArrayView{float}, AttentionWorkspace, TScore)"/>
    public void Run(
        AcceleratorStream stream, in RowView q, in RowView k, in RowView v, in RowView output,
        AttentionWorkspace workspace, TScore score)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(workspace);
        workspace.CheckOwner(Name, Kernels);
        var shape = workspace.Shape;
        ShapeCheck.Rows(Name, "q", q, shape.QueryRows, shape.QueryWidth);
        ShapeCheck.Rows(Name, "k", k, shape.KeyRows, shape.KeyWidth);
        ShapeCheck.Rows(Name, "v", v, shape.KeyRows, shape.KeyWidth);
        ShapeCheck.Rows(Name, "output", output, shape.QueryRows, shape.QueryWidth);
        Kernels.KeyValueWrite.Run(stream, new KeyValueWriteArgs
        {
            Key = k,
            Value = v,
            Pages = workspace.Pages,
            WriteTable = workspace.WriteTable,
            Rows = ActiveRows.Fixed((int)shape.KeyRows),
        });
        Run(stream, new AttentionArgs<TScore>
        {
            Query = q,
            Output = output,
            Pages = workspace.Pages,
            RowTable = workspace.RowTable,
            BlockTable = workspace.BlockTable,
            Blocks = ActiveRows.Fixed(workspace.BlockCount),
            BlockRows = workspace.BlockRows,
            NumHeads = shape.NumHeads,
            Scale = shape.ScaleOrDefault,
            Score = score,
        });
    }

    internal override ShapeClass? ClassOf(in AttentionArgs<TScore> args) => new ShapeClass(
        ShapeClass.Of(args.Blocks.Capacity), ShapeClass.Of(args.BlockRows), ShapeClass.Of(PagedKeysCheck.Slots(args.Pages)), args.Pages.HeadDim);

    /// <inheritdoc/>
    protected override void Check(in AttentionArgs<TScore> args)
    {
        CheckRows(args);
        PagedKeysCheck.Memory(Name, args.Pages, hasValues: true);
    }

    /// <summary>Checks all but the pages' memory.</summary>
    internal void CheckRows(in AttentionArgs<TScore> args)
    {
        PagedKeysCheck.Heads(Name, args.NumHeads, args.Pages);
        PagedKeysCheck.Shape(Name, args.Pages);
        ShapeCheck.Active(Name, "blocks", args.Blocks);
        ShapeCheck.AtLeast(Name, "blockRows", args.BlockRows, 1);
        ShapeCheck.Elements(Name, "blockTable", args.BlockTable, 0, 2L * args.Blocks.Capacity);
        ShapeCheck.Finite(Name, "scale", args.Scale);
        PagedKeysCheck.Rows(Name, "query", args.Query, args.RowTable, args.NumHeads, args.Pages);
        PagedKeysCheck.Rows(Name, "output", args.Output, args.RowTable, args.NumHeads, args.Pages);
        if (args.Blocks.Capacity > 0)
        {
            ShapeCheck.Elements(Name, "rowTable", args.RowTable, 0, 4);
        }

        if (args.LogSumExp.Data.Length > 0)
        {
            ShapeCheck.Rows(Name, "logSumExp", args.LogSumExp, args.RowTable.Length / 4, args.NumHeads);
        }

        if (typeof(TScore) == typeof(RelativeBiasScore))
        {
            Unsafe.As<TScore, RelativeBiasScore>(ref Unsafe.AsRef(in args.Score)).Check(Name, args.NumHeads);
        }
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in AttentionArgs<TScore> args) => args.Blocks.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in AttentionArgs<TScore> args) => DescribeAll(args);

    internal static (string Shape, long Flops, long Bytes) DescribeAll(in AttentionArgs<TScore> args)
    {
        var rows = args.RowTable.Length / 4;
        var slots = PagedKeysCheck.Slots(args.Pages);
        var width = (long)args.NumHeads * args.Pages.HeadDim;
        var keys = (long)args.Pages.NumKvHeads * args.Pages.HeadDim * slots;
        return (
            $"{rows}x{args.NumHeads}x{args.Pages.HeadDim} over {slots}",
            4 * rows * slots * width,
            sizeof(float) * (2 * rows * width + 2 * keys * Math.Max(1, args.Blocks.Capacity)));
    }

    private static KernelVariant<AttentionArgs<TScore>> Tile<TTile>(string name, int fewestRows, int mostDims, int minGroups)
        where TTile : struct, IAttentionTile =>
        new(name, VariantKind.Group, AttentionGroup<TScore, TTile>.Kernel,
            _ => (in AttentionArgs<TScore> args) => new KernelConfig(
                new Index3D(
                    Math.Max(1, args.Blocks.Capacity * AttentionGroup<TScore, TTile>.Parts(args.BlockRows)), GroupsInY<TTile>(args), 1),
                new Index3D(AttentionLayout<TTile>.Threads, 1, 1)),
            (DeviceTraits traits, in AttentionArgs<TScore> args) =>
                args.BlockRows >= fewestRows
                && args.Pages.HeadDim <= mostDims
                && traits.MaxGroupSize >= AttentionLayout<TTile>.Threads
                && traits.SharedBytes >= AttentionLayout<TTile>.SharedBytes
                && GroupsInY<TTile>(args) <= MostGroupsInY
                && ShapeCheck.IsVectorAligned(args.Query.Data)
                && ShapeCheck.IsVectorAligned(args.Output.Data)
                && ShapeCheck.IsVectorAligned(args.Pages.Keys)
                && ShapeCheck.IsVectorAligned(args.Pages.Values))
        {
            // Two warps a scheduler, each of which has 16 K registers: up to 255 a thread. Three would leave 168, which
            // 64x64 misses by a few.
            Limits = new KernelSpecialization(AttentionLayout<TTile>.Threads, minGroups),
        };

    private static int GroupsInY<TTile>(in AttentionArgs<TScore> args)
        where TTile : struct, IAttentionTile =>
        args.NumHeads * ((args.Pages.HeadDim + AttentionLayout<TTile>.OutputDims - 1) / AttentionLayout<TTile>.OutputDims);
}
