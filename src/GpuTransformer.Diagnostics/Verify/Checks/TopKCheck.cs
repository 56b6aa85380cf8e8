using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>The k largest of rows with ties, and of rows with NaN, which are reported.</summary>
internal sealed class TopKCheck : OperationCheck<TopKArgs>
{
    public override string Name => "TopK";

    protected override Operation<TopKArgs> Of(KernelSet kernels) => kernels.TopK;

    protected override IEnumerable<CheckShape<TopKArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(4, 1024, 1, false), Shape(3, 37, 5, true)],
        [Shape(3, 1, 1, false), Shape(5, 31, 31, true), Shape(5, 257, 7, true), Shape(3, 1031, 3, false), Shape(3, 97, 64, true)],
        [Shape(33, 32003, 1, true), Shape(9, 50257, 50, false)]);

    private static CheckShape<TopKArgs> Shape(int rows, int width, int k, bool hard) =>
        new($"{rows}x{width}, k {k}{(hard ? ", ties and NaN" : "")}", rows, batch =>
        {
            var place = new Place(false);
            var values = batch.UnitArray(0, width, Spread.Outliers);
            for (var i = 0; hard && i < batch.Units.Length * width; i++)
            {
                // Few different values; in every third row one that is none.
                values[i] = batch.Units[i / width] % 3 == 1 && i % width == width / 2 ? float.NaN : MathF.Round(values[i]);
            }

            var x = batch.Keep(place.Input(batch.Accelerator, values, batch.Capacity, width));
            int[][] best = [.. batch.Units.Select((_, r) => TopKReference.Row(values.AsSpan(r * width, width), k))];
            var indices = batch.Keep(new GuardedIntegers(batch.Accelerator, batch.Capacity * k));
            batch.Add("indices", indices, batch.UnitStarts(k), () => Reference.Exactly([.. best.SelectMany(row => row).Select(i => (float)i)]));
            var found = batch.Keep(new GuardedOutput(batch.Accelerator, 1, batch.Capacity * k));
            batch.Add("values", found, batch.UnitStarts(k), () => Reference.Exactly(
                [.. best.SelectMany((row, r) => row.Select(i => values[r * width + i]))]));
            return new TopKArgs
            {
                X = x.View,
                Width = width,
                K = k,
                Indices = indices.View,
                IndicesOffset = GuardedIntegers.Offset,
                Values = found.View.Data,
                ValuesOffset = found.View.Offset,
                Rows = batch.Active(),
                Status = batch.Status(() => TopKReference.Reported(values, batch.Units.Length, width)),
                StatusSlot = GuardedIntegers.Offset,
            };
        });
}
