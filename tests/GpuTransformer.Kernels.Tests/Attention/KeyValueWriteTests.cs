using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class KeyValueWriteTests
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryRowGoesToItsPlaceAndNothingElseIsTouched(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<KeyValueWriteArgs>(device, device.Kernels.KeyValueWrite);
        Case(device, sweep, 1, 1, [1]);
        Case(device, sweep, 2, 4, [16]);
        Case(device, sweep, 1, 33, [17, 0, 5]);
        Case(device, sweep, 3, 8, [31, 40]);
        Case(device, sweep, 1, 70, [18]);

        // Rows at multiples of 16 bytes.
        Case(device, sweep, 1, 4, [1], aligned: true);
        Case(device, sweep, 3, 8, [31, 40], aligned: true);
        Case(device, sweep, 2, 68, [17, 0, 5], aligned: true);
        sweep.AssertAllRan();
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        int[] lengths = [4];
        using var buffers = new AttentionBuffers(
            device, new AttentionCase(2, 2, 4, lengths, AttentionCase.Sequences(lengths, lengths, causal: true)), 16);
        using var rows = device.Upload(new float[32]);
        using var table = device.Upload(new int[8]);
        var good = new KeyValueWriteArgs
        {
            Key = RowView.Dense(rows.View, 8),
            Value = RowView.Dense(rows.View, 8),
            Pages = buffers.Pages,
            WriteTable = table.View,
            Rows = ActiveRows.Fixed(4),
        };
        Refused(good with { Key = RowView.Dense(rows.View.SubView(0, 31), 8) }, "key needs 32 elements");
        Refused(good with { Value = new RowView(rows.View, 1, 8) }, "value needs 33 elements");
        Refused(good with { WriteTable = table.View.SubView(0, 7) }, "writeTable needs 8 elements");
        Refused(good with { Pages = good.Pages with { NumKvHeads = 0 } }, "numKvHeads");
        Refused(good with { Rows = ActiveRows.Fixed(-1) }, "rows");

        void Refused(KeyValueWriteArgs args, string part)
        {
            var error = Assert.Throws<ShapeException>(() => device.Kernels.KeyValueWrite.Run(device.Stream, args));
            Assert.StartsWith("KeyValueWrite: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Case(
        TestDevice device, VariantSweep<KeyValueWriteArgs> sweep, int numKvHeads, int headDim, int[] lengths, bool aligned = false)
    {
        var (keyOffset, valueOffset) = aligned ? (4, 8) : (5, 2);
        var attentionCase = new AttentionCase(
            numKvHeads, numKvHeads, headDim, lengths, AttentionCase.Sequences(lengths, lengths, causal: false));
        var width = numKvHeads * headDim;
        var (keyStride, valueStride) = aligned ? (width + 4, width + 8) : (width + 3, width + 1);
        var rowCount = lengths.Sum();

        // After the sequences a hole and a slot past the page table: neither is written.
        var table = new List<int>();
        var (keys, values) = (new List<float>(), new List<float>());
        for (var s = 0; s < lengths.Length; s++)
        {
            for (var slot = 0; slot < lengths[s]; slot++)
            {
                table.AddRange([s, slot]);
            }

            keys.AddRange(attentionCase.Keys[s]);
            values.AddRange(attentionCase.Values[s]);
        }

        table.AddRange([0, -1, 0, attentionCase.PagesPerSequence * PagedKeys.PageTokens]);
        keys.AddRange(Data.Normal(3 * width, 99));
        values.AddRange(Data.Normal(3 * width, 98));
        table.AddRange([0, 0]);
        var capacity = rowCount + 3;
        var pageTable = attentionCase.PageTable();
        var expected = attentionCase.Pages(pageTable);
        using var keyRows = device.Upload(Data.Strided([.. keys], capacity, width, keyStride, keyOffset));
        using var valueRows = device.Upload(Data.Strided([.. values], capacity, width, valueStride, valueOffset));
        using var writeTable = device.Upload([.. table]);

        // The last row, which would overwrite the first, is past the active count.
        using var state = device.Upload([capacity - 1]);
        AttentionBuffers? buffers = null;
        sweep.Each(
            () =>
            {
                buffers = new AttentionBuffers(device, attentionCase, 16, writePages: false);
                return new KeyValueWriteArgs
                {
                    Key = new RowView(keyRows.View, keyOffset, keyStride),
                    Value = new RowView(valueRows.View, valueOffset, valueStride),
                    Pages = buffers.Pages,
                    WriteTable = writeTable.View,
                    Rows = ActiveRows.FromState(state.View, 0, capacity),
                };
            },
            name =>
            {
                Assert.Equal(expected.Keys, Read(buffers!.Pages.Keys));
                Assert.Equal(expected.Values, Read(buffers.Pages.Values));
                buffers.Dispose();
            });

        float[] Read(ArrayView<float> view)
        {
            var array = new float[view.Length];
            view.CopyToCPU(device.Stream, array);
            device.Stream.Synchronize();
            return array;
        }
    }
}
