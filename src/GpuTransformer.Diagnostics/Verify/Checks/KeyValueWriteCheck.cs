using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Keys and values into scrambled pages, with holes and slots past the page table.</summary>
internal sealed class KeyValueWriteCheck : OperationCheck<KeyValueWriteArgs>
{
    public override string Name => "KeyValueWrite";

    protected override Operation<KeyValueWriteArgs> Of(KernelSet kernels) => kernels.KeyValueWrite;

    protected override IEnumerable<CheckShape<KeyValueWriteArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(2, 64, [16, 32], true), Shape(3, 36, [17, 5], true), Shape(3, 37, [17, 5], false)],
        [
            Shape(1, 1, [1, 1], false), Shape(1, 33, [17, 0, 5], true), Shape(3, 8, [31, 40], false), Shape(1, 70, [18, 3], false),
            Shape(1, 132, [33, 2], true),
        ],
        [Shape(12, 64, [512, 77, 512], true), Shape(8, 128, [1030], false)]);

    private static CheckShape<KeyValueWriteArgs> Shape(int heads, int headDim, int[] lengths, bool aligned) =>
        new($"{heads}x{headDim}, {string.Join(' ', lengths)} keys{(aligned ? "" : " unaligned")}", lengths.Length, batch =>
        {
            var shape = new AttentionShape(
                heads, heads, headDim, [.. lengths.Select(length => (length, length))], 16, false);
            var attention = shape.Of(batch);
            var width = heads * headDim;

            // After each unit's rows a hole and a slot past the page table; spare rows would write over the first key.
            var (table, keys, values) = (new List<int>(), new List<float>(), new List<float>());
            for (var s = 0; s < batch.Units.Length; s++)
            {
                table.AddRange(Enumerable.Range(0, attention.KeyLengths[s]).SelectMany(slot => new[] { s, slot }));
                table.AddRange([s, -1, s, attention.PagesPerSequence * PagedKeys.PageTokens]);
                keys.AddRange([.. attention.Keys[s], .. Enumerable.Repeat(7f, 2 * width)]);
                values.AddRange([.. attention.Values[s], .. Enumerable.Repeat(8f, 2 * width)]);
            }

            var used = table.Count / 2;
            table.AddRange(Enumerable.Repeat(0, 2 * batch.Spare));
            keys.AddRange(Enumerable.Repeat(9f, batch.Spare * width));
            values.AddRange(Enumerable.Repeat(9f, batch.Spare * width));
            var place = new Place(aligned);
            var pageTable = attention.PageTable();
            var expected = attention.Pages(pageTable, batch.Units.Length);
            var keyPages = batch.Keep(new GuardedOutput(batch.Accelerator, 1, expected.Keys.Length));
            var valuePages = batch.Keep(new GuardedOutput(batch.Accelerator, 1, expected.Values.Length));
            batch.Add("keys", keyPages, null, () => Reference.Exactly(expected.Keys));
            batch.Add("values", valuePages, null, () => Reference.Exactly(expected.Values));
            return new KeyValueWriteArgs
            {
                Key = batch.Keep(place.Input(batch.Accelerator, [.. keys], table.Count / 2, width)).View,
                Value = batch.Keep(place.Input(batch.Accelerator, [.. values], table.Count / 2, width)).View,
                Pages = new PagedKeys
                {
                    Keys = keyPages.View.Data.SubView(keyPages.View.Offset, expected.Keys.Length),
                    Values = valuePages.View.Data.SubView(valuePages.View.Offset, expected.Values.Length),
                    PageTable = batch.Upload(pageTable),
                    PagesPerSequence = attention.PagesPerSequence,
                    NumKvHeads = heads,
                    HeadDim = headDim,
                },
                WriteTable = batch.Upload([.. table]),
                Rows = batch.Spare == 0
                    ? ActiveRows.Fixed(used)
                    : ActiveRows.FromState(batch.Upload([used]), 0, table.Count / 2),
            };
        })
        {
            CanBeEmpty = false,
        };
}
