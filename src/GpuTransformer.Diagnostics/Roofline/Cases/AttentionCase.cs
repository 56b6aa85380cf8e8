using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Self-attention of one sequence.</summary>
public readonly record struct SequenceShape(int Length, bool IsCausal)
{
    /// <summary>The shapes that are measured.</summary>
    public static IReadOnlyList<SequenceShape> All { get; } =
    [
        new(128, false), new(512, false), new(1024, false), new(128, true), new(512, true), new(1024, true),
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{Length}{(IsCausal ? " causal" : "")}";
}

/// <summary>Flash attention of 12 heads of 64 over keys and values that are already in their pages.</summary>
internal sealed class AttentionCase : OperationCase
{
    private const int NumHeads = 12;
    private const int HeadDim = 64;
    private const int Width = NumHeads * HeadDim;
    private const int BlockRows = Session.BlockRows;
    private const int Samples = 8;
    private readonly SequenceShape _shape;
    private readonly DeviceMemory<float> _query;
    private readonly DeviceMemory<float> _keys;
    private readonly DeviceMemory<float> _values;
    private readonly DeviceMemory<float> _output;

    public AttentionCase(BenchDevice device, SequenceShape shape)
        : base(device, "attention", $"12x64, {shape}", WorkOf(shape))
    {
        _shape = shape;
        var length = shape.Length;
        var pages = (length + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens;
        _query = Own(device.Random((long)length * Width, "query"));
        _keys = Own(device.Random((long)pages * PagedKeys.PageTokens * Width, "keys"));
        _values = Own(device.Random((long)pages * PagedKeys.PageTokens * Width, "values"));
        _output = Own(device.Empty((long)length * Width, "output"));
        var blocks = (length + BlockRows - 1) / BlockRows;
        Bind(device.Kernels.Attention.Bind(new AttentionArgs<PlainScore>
        {
            Query = RowView.Dense(_query.View, Width),
            Output = RowView.Dense(_output.View, Width),
            Pages = new PagedKeys
            {
                Keys = _keys.View,
                Values = _values.View,
                PageTable = Own(device.Filled(Enumerable.Range(0, pages).ToArray(), "page table")).View,
                PagesPerSequence = pages,
                NumKvHeads = NumHeads,
                HeadDim = HeadDim,
            },
            RowTable = Own(device.Filled(Table(length, r => [0, 0, VisibleKeys(r), r]), "row table")).View,
            BlockTable = Own(device.Filled(
                Table(blocks, b => [b * BlockRows, Math.Min(BlockRows, length - b * BlockRows)]), "block table")).View,
            Blocks = ActiveRows.Fixed(blocks),
            BlockRows = BlockRows,
            NumHeads = NumHeads,
            Scale = 1f / MathF.Sqrt(HeadDim),
        }));
    }

    public override void Verify()
    {
        var (query, keys) = (ReadAll(Device, _query), ReadAll(Device, _keys));
        var (values, output) = (ReadAll(Device, _values), ReadAll(Device, _output));
        var random = new Random(5);
        Span<double> expected = stackalloc double[HeadDim];
        for (var sample = 0; sample < Samples; sample++)
        {
            var (row, head) = (random.Next(_shape.Length), random.Next(NumHeads));
            Reference(query.AsSpan(row * Width + head * HeadDim, HeadDim), keys, values, head, VisibleKeys(row), expected);
            for (var d = 0; d < HeadDim; d++)
            {
                // A weighted mean of values in [-1, 1]; the weights are within some units in the last place.
                ExpectNear(
                    $"row {row}, head {head}, {d}", output[row * Width + head * HeadDim + d], expected[d], 5e-6);
            }
        }
    }

    private static void Reference(
        ReadOnlySpan<float> query, float[] keys, float[] values, int head, int visible, Span<double> output)
    {
        output.Clear();
        var total = 0.0;
        for (var slot = 0; slot < visible; slot++)
        {
            var (page, token) = (slot / PagedKeys.PageTokens, slot % PagedKeys.PageTokens);
            var score = 0.0;
            for (var d = 0; d < HeadDim; d++)
            {
                score += (double)query[d] * keys[((page * NumHeads + head) * HeadDim + d) * PagedKeys.PageTokens + token];
            }

            // Scores are small, so nothing overflows without the maximum.
            var weight = Math.Exp(score / Math.Sqrt(HeadDim));
            total += weight;
            for (var d = 0; d < HeadDim; d++)
            {
                output[d] += weight * values[((page * NumHeads + head) * PagedKeys.PageTokens + token) * HeadDim + d];
            }
        }

        for (var d = 0; d < HeadDim; d++)
        {
            output[d] /= total;
        }
    }

    private int VisibleKeys(int row) => _shape.IsCausal ? row + 1 : _shape.Length;

    /// <summary>Two products of the width for each pair of a query and a key that it sees.</summary>
    private static Work WorkOf(SequenceShape shape)
    {
        var length = (double)shape.Length;
        var pairs = shape.IsCausal ? length * (length + 1) / 2 : length * length;
        return new Work(4 * pairs * Width, 4 * sizeof(float) * length * Width, IsMemoryBound: false);
    }

    private static int[] Table(int rows, Func<int, int[]> row) => [.. Enumerable.Range(0, rows).SelectMany(row)];
}
