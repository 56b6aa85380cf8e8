using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Top-k and argmax on every kind of device, against a sort.</summary>
public sealed class TopKTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    private const int Untouched = -77;

    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesASort(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<TopKArgs>(device, device.Kernels.TopK);
        (int Rows, int Width, int K)[] shapes =
            [(1, 1, 1), (3, 5, 1), (2, 5, 5), (2, 31, 3), (2, 32, 4), (3, 33, 2), (1, 257, 7), (1, 1031, 3), (2, 97, 64)];
        foreach (var (rows, width, k) in shapes)
        {
            Case(device, sweep, Data.WithOutliers(rows * width, width), rows, width, k, reported: -1);
        }

        sweep.AssertAllRan();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TiesZerosAndInfinities(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<TopKArgs>(device, device.Kernels.TopK);
        Case(device, sweep, [0, -0f, 0, -0f, 0, -0f], 1, 6, 4, reported: -1);
        Case(device, sweep, [-0f, 0, 1, 1, -1, 1, 2, 2, 2, 0], 2, 5, 5, reported: -1);
        Case(
            device,
            sweep,
            [float.NegativeInfinity, float.MinValue, float.PositiveInfinity, float.MaxValue, -1e-45f, 1e-45f],
            1,
            6,
            6,
            reported: -1);
        Case(device, sweep, [.. Enumerable.Repeat(float.NegativeInfinity, 40)], 2, 20, 3, reported: -1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void NaNComesLastAndIsReported(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<TopKArgs>(device, device.Kernels.TopK);
        var negativeNaN = BitConverter.UInt32BitsToSingle(0xFFC00001);
        Case(device, sweep, [1, float.NaN, 3, 4, 5, 6, negativeNaN, 8, 9, 1, 2, 3], 3, 4, 2, reported: 2);
        Case(device, sweep, [float.NaN, float.NegativeInfinity, negativeNaN], 1, 3, 3, reported: 1);
        Case(device, sweep, [.. Enumerable.Repeat(float.NaN, 50)], 1, 50, 4, reported: 1);
    }

    [Fact]
    public void RowsPastTheActiveCountAreLeftAlone()
    {
        var device = devices[TestDeviceKind.Nvidia];
        var sweep = new VariantSweep<TopKArgs>(device, device.Kernels.TopK);
        var values = Data.Normal(4 * 9, 1);
        values[3 * 9] = float.NaN;
        Case(device, sweep, values, 4, 9, 2, reported: -1, active: 2);
        Case(device, sweep, values, 4, 9, 2, reported: -1, active: 0);
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var x = device.Upload(new float[12]);
        using var indices = device.Upload(new int[6]);
        using var values = device.Upload(new float[6]);
        var topK = device.Kernels.TopK;
        Refused("k must be between 1 and 4", () => topK.Run(device.Stream, x.View, indices.View, values.View, indices.View, 3, 4, 5));
        Refused("k must", () => topK.Run(device.Stream, x.View, indices.View, values.View, indices.View, 3, 4, 0));
        Refused("x needs", () => topK.Run(device.Stream, x.View.SubView(0, 11), indices.View, values.View, indices.View, 3, 4, 2));
        Refused("indices needs", () => topK.Run(device.Stream, x.View, indices.View.SubView(1, 5), values.View, indices.View, 3, 4, 2));
        Refused("values needs", () => topK.Run(device.Stream, x.View, indices.View, values.View.SubView(1, 5), indices.View, 3, 4, 2));
        Refused("status needs", () => topK.Run(device.Stream, x.View, indices.View, values.View, default, 3, 4, 2));

        static void Refused(string part, Action run)
        {
            var error = Assert.Throws<ShapeException>(run);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Case(
        TestDevice device,
        VariantSweep<TopKArgs> sweep,
        float[] values,
        int rows,
        int width,
        int k,
        int reported,
        int? active = null)
    {
        using var x = new PaddedInput(device, values, rows, width, 5, width + 3);
        using var state = device.Upload([active ?? rows]);
        var (expectedIndices, expectedValues) = Sorted(values, rows, width, k, active ?? rows);
        MemoryBuffer1D<int, ILGPU.Stride1D.Dense>? indices = null;
        MemoryBuffer1D<int, ILGPU.Stride1D.Dense>? status = null;
        MemoryBuffer1D<float, ILGPU.Stride1D.Dense>? outputs = null;
        sweep.Each(
            () =>
            {
                indices = device.Upload([.. Enumerable.Repeat(Untouched, rows * k + 3)]);
                outputs = device.Upload([.. Enumerable.Repeat((float)Untouched, rows * k + 4)]);
                status = device.Upload([-1, -1]);
                return new TopKArgs
                {
                    X = x.View,
                    Width = width,
                    K = k,
                    Indices = indices.View,
                    IndicesOffset = 1,
                    Values = outputs.View,
                    ValuesOffset = 2,
                    Rows = ActiveRows.FromState(state.View, 0, rows),
                    Status = status.View,
                    StatusSlot = 1,
                };
            },
            name =>
            {
                Assert.Equal([Untouched, .. expectedIndices, Untouched, Untouched], indices!.GetAsArray1D());
                Tolerance.SameBits(
                    [Untouched, Untouched, .. expectedValues, Untouched, Untouched], outputs!.GetAsArray1D(), name);
                Assert.Equal([-1, reported], status!.GetAsArray1D());
                indices!.Dispose();
                outputs!.Dispose();
                status!.Dispose();
            });
    }

    private static (int[] Indices, float[] Values) Sorted(float[] values, int rows, int width, int k, int active)
    {
        int[] indices = [.. Enumerable.Repeat(Untouched, rows * k)];
        float[] sorted = [.. Enumerable.Repeat((float)Untouched, rows * k)];
        for (var row = 0; row < active; row++)
        {
            var order = TopKReference.Row(values.AsSpan(row * width, width), k);
            for (var rank = 0; rank < k; rank++)
            {
                indices[row * k + rank] = order[rank];
                sorted[row * k + rank] = values[row * width + order[rank]];
            }
        }

        return (indices, sorted);
    }
}
