using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Pages copied whole, to two places, and not where a page lies outside.</summary>
internal sealed class PageCopyCheck : OperationCheck<PageCopyArgs>
{
    private const int Pages = 7;

    public override string Name => "PageCopy";

    protected override Operation<PageCopyArgs> Of(KernelSet kernels) => kernels.PageCopy;

    protected override IEnumerable<CheckShape<PageCopyArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(1024), Shape(16 * 37)], [Shape(16), Shape(48), Shape(16 * 331)], [Shape(16 * 128 * 32)]);

    private static CheckShape<PageCopyArgs> Shape(int elements)
    {
        // One page goes to two places; pages outside are passed over.
        (int From, int To)[] copies = [(2, 0), (2, 6), (5, 3), (1, Pages), (-1, 1), (Pages, 1)];
        return new($"{copies.Length}x{elements}", copies.Length, batch =>
        {
            (int From, int To)[] used = [.. batch.Units.Select(unit => copies[unit])];
            var count = Pages * elements;
            var keys = batch.Keep(new GuardedOutput(batch.Accelerator, 1, count) { Start = batch.SharedArray(0, count) });
            var values = batch.Keep(new GuardedOutput(batch.Accelerator, 1, count) { Start = batch.SharedArray(1, count) });
            batch.Add("keys", keys, null, () => Reference.Exactly(Copied(keys.Start!, elements, used)));
            batch.Add("values", values, null, () => Reference.Exactly(Copied(values.Start!, elements, used)));

            // Spare copies would be seen.
            int[] table = [.. used.SelectMany(copy => new[] { copy.From, copy.To }), .. Enumerable.Repeat((int[])[4, 1], batch.Spare).SelectMany(c => c)];
            return new PageCopyArgs
            {
                Keys = keys.View.Data.SubView(keys.View.Offset, count),
                Values = values.View.Data.SubView(values.View.Offset, count),
                CopyTable = batch.Upload(table),
                Pages = Pages,
                PageElements = elements,
                Copies = batch.Active(),
            };
        });
    }

    private static float[] Copied(float[] start, int elements, (int From, int To)[] copies)
    {
        var result = (float[])start.Clone();
        foreach (var (from, to) in copies.Where(copy => copy.From is >= 0 and < Pages && copy.To is >= 0 and < Pages))
        {
            start.AsSpan(from * elements, elements).CopyTo(result.AsSpan(to * elements));
        }

        return result;
    }
}
