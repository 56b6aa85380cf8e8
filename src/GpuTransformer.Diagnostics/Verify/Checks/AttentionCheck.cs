using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Attention with one score policy: heads in groups, lengths around every page and tile, causal, windows, rows that
/// see nothing, other blocks for the same rows.</summary>
/// <param name="name">The policy, as reports show it.</param>
/// <param name="score">Makes the policy and its float64 twin for a number of heads.</param>
internal sealed class AttentionCheck<TScore>(
    string name, Func<CheckBatch, int, (TScore Score, AttentionReference.Policy? Policy)> score)
    : OperationCheck<AttentionArgs<TScore>>
    where TScore : struct, IScorePolicy
{
    private const int MostReferenceRows = 96;

    public override string Name => $"Attention {name}";

    protected override Operation<AttentionArgs<TScore>> Of(KernelSet kernels) => kernels.Attention.With<TScore>();

    protected override IEnumerable<CheckShape<AttentionArgs<TScore>>> Shapes(SweepPlan plan) => plan.Pick(
        [
            Shape(new(2, 2, 64, [(64, 64), (64, 64)], 64, false) { Aligned = true }),
            Shape(new(1, 1, 128, [(64, 128), (40, 40)], 64, false) { Aligned = true }),
            Shape(new(2, 1, 36, [(37, 37), (3, 35)], 64, true) { LogSumExp = true }),
            Shape(new(2, 1, 40, [(1, 70), (1, 33)], 1, true)),
            Shape(new(1, 1, 64, [(1, 577)], 1, true) { LogSumExp = true }),
        ],
        [
            Shape(new(1, 1, 4, [(1, 1), (1, 1)], 1, false)),
            Shape(new(2, 1, 8, [(15, 15), (1, 31), (2, 0)], 16, true) { LogSumExp = true }),
            Shape(new(4, 2, 33, [(17, 65), (3, 16)], 32, true)),
            Shape(new(1, 1, 5, [(65, 129), (2, 2), (33, 33)], 64, true)),
            Shape(new(2, 1, 8, [(40, 150), (7, 20)], 64, true) { Window = 20, Aligned = true }),
            Shape(new(1, 1, 130, [(18, 18), (2, 40)], 32, true)),
            Shape(new(2, 2, 128, [(1, 321), (1, 16)], 1, true) { Aligned = true }),
            Shape(new(3, 1, 64, [(1, 700), (3, 65), (1, 1100)], 4, true)),
            Shape(new(1, 1, 256, [(5, 19), (1, 64)], 16, false) { Aligned = true }),
        ],
        [
            Shape(new(12, 12, 64, [(512, 512), (128, 128), (77, 77)], 64, false) { Aligned = true }),
            Shape(new(8, 2, 128, [(700, 700), (130, 1030)], 64, true)),
            Shape(new(32, 8, 128, [(1, 4099), (1, 64), (1, 1000)], 1, true) { Aligned = true }),
            Shape(new(4, 4, 64, [(300, 2000)], 32, true) { Window = 512 }),
        ]);

    private CheckShape<AttentionArgs<TScore>> Shape(AttentionShape shape) =>
        new(shape.ToString(), shape.Sequences.Length, batch =>
        {
            var attention = shape.Of(batch);
            var buffers = batch.Keep(new AttentionBuffers(batch.Accelerator, attention, shape.BlockRowsOf(batch), aligned: shape.Aligned));
            var (policy, reference) = score(batch, shape.NumHeads);
            var output = batch.Keep(new GuardedOutput(batch.Accelerator, attention.Rows.Count, attention.Width, attention.Width + (shape.Aligned ? 8 : 7)));
            var starts = shape.Starts(batch, attention.Width);
            batch.Add("output", output, starts, () => Expected(attention, starts[^1] / attention.Width, reference));
            var args = buffers.Arguments(output.View, policy);
            if (shape.LogSumExp)
            {
                var logs = batch.Keep(new GuardedOutput(batch.Accelerator, attention.Rows.Count, shape.NumHeads, shape.NumHeads + 1));
                var ends = shape.Starts(batch, shape.NumHeads);
                batch.Add("log-sum-exp", logs, ends, () => Reference.Close(
                    attention.ExpectedLogSumExp(reference)[..ends[^1]], Tolerances.LogSumExp));
                args.LogSumExp = logs.View;
            }

            if (batch.Spare > 0)
            {
                var blocks = args.Blocks.Capacity;
                args.Blocks = ActiveRows.FromState(batch.Upload([blocks - batch.Spare]), 0, blocks);
            }

            return args;
        })
        {
            HasCapacity = shape.Sequences.Length > 1,
            CanBeEmpty = false,
        };

    private static Reference Expected(AttentionCase attention, int rows, AttentionReference.Policy? policy)
    {
        var width = attention.Width;
        var expected = new double[rows * width];
        var allowed = new double[rows * width];
        Array.Fill(allowed, double.PositiveInfinity);
        Parallel.ForEach(SampledRows.Of(rows, MostReferenceRows), row =>
        {
            attention.ExpectedRow(row, policy).CopyTo(expected, row * width);
            for (var i = row * width; i < (row + 1) * width; i++)
            {
                allowed[i] = Tolerances.Attention.At(expected[i]);
            }
        });
        return Reference.Within(expected, allowed);
    }
}
