using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Self-attention of sequences of one length.</summary>
/// <param name="Length">Tokens of a sequence.</param>
/// <param name="IsCausal">A token sees those before it and itself, else all.</param>
/// <param name="Batch">Sequences.</param>
public readonly record struct SequenceShape(int Length, bool IsCausal, int Batch = 1)
{
    /// <summary>The shapes that are measured.</summary>
    public static IReadOnlyList<SequenceShape> All { get; } =
    [
        new(128, false), new(512, false), new(1024, false), new(128, true), new(512, true), new(1024, true),
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{(Batch == 1 ? "" : $"{Batch} x ")}{Length}{(IsCausal ? " causal" : "")}";
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
        : base(device, "attention", $"12 heads x 64, {shape}", WorkOf(shape))
    {
        _shape = shape;
        var (length, batch) = (shape.Length, shape.Batch);
        _query = Own(device.Random((long)batch * length * Width, "query"));
        _keys = Own(device.Random((long)batch * Pages * PagedKeys.PageTokens * Width, "keys"));
        _values = Own(device.Random((long)batch * Pages * PagedKeys.PageTokens * Width, "values"));
        _output = Own(device.Empty((long)batch * length * Width, "output"));

        // A block of rows belongs to one sequence.
        var blocks = (length + BlockRows - 1) / BlockRows;
        Bind(device.Kernels.Attention.Bind(new AttentionArgs<PlainScore>
        {
            Query = RowView.Dense(_query.View, Width),
            Output = RowView.Dense(_output.View, Width),
            Pages = new PagedKeys
            {
                Keys = _keys.View,
                Values = _values.View,
                PageTable = Own(device.Filled(Enumerable.Range(0, batch * Pages).ToArray(), "page table")).View,
                PagesPerSequence = Pages,
                NumKvHeads = NumHeads,
                HeadDim = HeadDim,
            },
            RowTable = Own(device.Filled(Table(batch * length, r => [r / length, 0, VisibleKeys(r % length), r % length]), "row table")).View,
            BlockTable = Own(device.Filled(
                Table(batch * blocks, b =>
                [
                    b / blocks * length + b % blocks * BlockRows,
                    Math.Min(BlockRows, length - b % blocks * BlockRows),
                ]),
                "block table")).View,
            Blocks = ActiveRows.Fixed(batch * blocks),
            BlockRows = BlockRows,
            NumHeads = NumHeads,
            Scale = 1f / MathF.Sqrt(HeadDim),
        }));
    }

    private int Pages => (_shape.Length + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens;

    public override void Verify()
    {
        var random = new Random(5);
        Span<double> expected = stackalloc double[HeadDim];
        for (var sample = 0; sample < Samples; sample++)
        {
            var (sequence, row, head) = (random.Next(_shape.Batch), random.Next(_shape.Length), random.Next(NumHeads));
            var keys = ReadRow(_keys, sequence, Pages * PagedKeys.PageTokens * Width);
            var values = ReadRow(_values, sequence, Pages * PagedKeys.PageTokens * Width);
            var place = sequence * _shape.Length + row;
            var (query, output) = (ReadRow(_query, place, Width), ReadRow(_output, place, Width));
            Reference(query.AsSpan(head * HeadDim, HeadDim), keys, values, head, VisibleKeys(row), expected);
            for (var d = 0; d < HeadDim; d++)
            {
                // A weighted mean of values in [-1, 1]; the weights are within some units in the last place.
                ExpectNear($"sequence {sequence}, row {row}, head {head}, {d}", output[head * HeadDim + d], expected[d], 5e-6);
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
        var pairs = shape.Batch * (shape.IsCausal ? length * (length + 1) / 2 : length * length);
        return new Work(4 * pairs * Width, 4 * sizeof(float) * shape.Batch * length * Width, IsMemoryBound: false);
    }

    private static int[] Table(int rows, Func<int, int[]> row) => [.. Enumerable.Range(0, rows).SelectMany(row)];
}
