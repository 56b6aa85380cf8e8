using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class AdditiveAttentionTests
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesTheReference(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<AdditiveAttentionArgs>(device, device.Kernels.AdditiveAttention);
        Case(device, sweep, null, 1, 1, 1, 1, 1);
        Case(device, sweep, [3, 0, 9], 3, 2, 5, 17, 33);
        Case(device, sweep, null, 1, 3, 15, 16, 4);
        Case(device, sweep, [31], 1, 2, 33, 31, 65);
        sweep.AssertAllRan();
    }

    [Fact]
    public void TheFriendlyOverloadRuns()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        const int batch = 2, seqLenQ = 3, seqLenKv = 4, width = 5, valueWidth = 6;
        var (query, key) = (Data.Normal(batch * seqLenQ * width, 1), Data.Normal(batch * seqLenKv * width, 2));
        var (value, vector) = (Data.Normal(batch * seqLenKv * valueWidth, 3), Data.Normal(width, 4));
        using var queries = device.Upload(query);
        using var keys = device.Upload(key);
        using var values = device.Upload(value);
        using var vectors = device.Upload(vector);
        using var weights = device.Accelerator.Allocate1D<float>(batch * seqLenQ * seqLenKv);
        using var output = device.Accelerator.Allocate1D<float>(batch * seqLenQ * valueWidth);
        device.Kernels.AdditiveAttention.Run(
            device.Stream, queries.View, keys.View, values.View, vectors.View, ArrayView<int>.Empty, weights.View, output.View,
            batch, seqLenQ, seqLenKv, width, valueWidth);
        device.Stream.Synchronize();
        var expected = AdditiveAttentionReference.Compute(
            query, key, value, vector, null, batch, seqLenQ, seqLenKv, width, valueWidth);
        Tolerance.Close(expected.Output, output.GetAsArray1D(), Tolerances.AdditiveAttention, "output");
        Tolerance.Close(expected.Weights, weights.GetAsArray1D(), Tolerances.AdditiveAttention, "weights");
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        using var six = device.Upload(new float[6]);
        using var one = device.Upload(new int[1]);
        var view = RowView.Dense(six.View, 3);
        var good = new AdditiveAttentionArgs
        {
            Query = view,
            Key = view,
            Value = view,
            Vector = six.View,
            Output = view,
            Weights = RowView.Dense(six.View, 1),
            KeyLengths = one.View,
            Batch = 2,
            SeqLenQ = 1,
            SeqLenKv = 1,
            Width = 3,
            ValueWidth = 3,
        };
        Refused(good with { Query = RowView.Dense(six.View.SubView(0, 5), 3) }, "query needs 6 elements");
        Refused(good with { SeqLenKv = 2 }, "key needs 12 elements");
        Refused(good with { ValueWidth = 4 }, "stride of value");
        Refused(good with { Weights = new RowView(six.View, 5, 1) }, "weights needs 7 elements");
        Refused(good with { Output = new RowView(six.View, 1, 3) }, "output needs 7 elements");
        Refused(good with { VectorOffset = 4 }, "vector needs 7 elements");
        Refused(good with { HasKeyLengths = 1 }, "keyLengths needs 2 elements");
        Refused(good with { Width = 0 }, "width");

        void Refused(AdditiveAttentionArgs args, string part)
        {
            var error = Assert.Throws<ShapeException>(() => device.Kernels.AdditiveAttention.Run(device.Stream, args));
            Assert.StartsWith("AdditiveAttention: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Case(
        TestDevice device, VariantSweep<AdditiveAttentionArgs> sweep, int[]? keyLengths,
        int batch, int seqLenQ, int seqLenKv, int width, int valueWidth)
    {
        const int offset = 3;
        var (rows, keyRows) = (batch * seqLenQ, batch * seqLenKv);
        var query = Data.Normal(rows * width, width);
        var key = Data.Normal(keyRows * width, width + 1);
        var value = Data.WithOutliers(keyRows * valueWidth, width + 2);
        var vector = Data.Normal(offset + width, width + 3);
        var expected = AdditiveAttentionReference.Compute(
            query, key, value, vector[offset..], keyLengths, batch, seqLenQ, seqLenKv, width, valueWidth);

        // Keys past a sequence's length are not to be read.
        for (var r = 0; r < keyRows && keyLengths is not null; r++)
        {
            if (r % seqLenKv >= keyLengths[r / seqLenKv])
            {
                key.AsSpan(r * width, width).Fill(float.NaN);
                value.AsSpan(r * valueWidth, valueWidth).Fill(float.NaN);
            }
        }

        using var queries = device.Upload(Data.Strided(query, rows, width, width + 1, offset));
        using var keys = device.Upload(Data.Strided(key, keyRows, width, width + 2, offset));
        using var values = device.Upload(Data.Strided(value, keyRows, valueWidth, valueWidth + 3, offset));
        using var vectors = device.Upload(vector);
        using var lengths = device.Upload(keyLengths ?? [0]);
        GuardedOutput? output = null, weights = null;
        sweep.Each(
            () =>
            {
                output = new GuardedOutput(device, rows, valueWidth, valueWidth + 4);
                weights = new GuardedOutput(device, rows, seqLenKv, seqLenKv + 5);
                return new AdditiveAttentionArgs
                {
                    Query = new RowView(queries.View, offset, width + 1),
                    Key = new RowView(keys.View, offset, width + 2),
                    Value = new RowView(values.View, offset, valueWidth + 3),
                    Vector = vectors.View,
                    VectorOffset = offset,
                    Output = output.View,
                    Weights = weights.View,
                    KeyLengths = lengths.View,
                    HasKeyLengths = keyLengths is null ? 0 : 1,
                    Batch = batch,
                    SeqLenQ = seqLenQ,
                    SeqLenKv = seqLenKv,
                    Width = width,
                    ValueWidth = valueWidth,
                };
            },
            name =>
            {
                Tolerance.Close(expected.Output, output!.Read(), Tolerances.AdditiveAttention, $"{name} output of width {width}");
                Tolerance.Close(expected.Weights, weights!.Read(), Tolerances.AdditiveAttention, $"{name} weights of width {width}");
                output.Dispose();
                weights.Dispose();
            });
    }
}
