using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Weights in narrow encodings: what is stored, and products against float64 of what is stored.</summary>
public sealed class MatMulEncodingTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    private static readonly WeightEncoding[] Narrow = [WeightEncoding.F16, WeightEncoding.BF16, WeightEncoding.Q8_0];

    private static readonly (string Variant, (int M, int N, int K)[] Shapes)[] Sweep =
    [
        ("matmul-naive", [(1, 1, 1), (3, 5, 31), (2, 7, 33), (2, 3, 257), (3, 5, 801)]),
        ("matmul-tile16", [(1, 1, 1), (17, 15, 5), (15, 17, 36), (5, 18, 291)]),
        ("matmul-tile64", [(65, 63, 9), (3, 67, 300)]),
        ("matmul-tile128", [(129, 127, 7), (3, 131, 269)]),
        ("matmul-tile64-split", [(5, 65, 267)]),
        ("matmul-tile128-split", [(3, 129, 261)]),
        ("matmul-skinny", [(1, 1, 1), (3, 129, 35), (8, 64, 256), (9, 127, 530)]),
        ("matmul-skinny-split", [(1, 65, 515), (5, 3, 257)]),
    ];

    public static TheoryData<WeightEncoding, string, int, int, int> Cases { get; } = MakeCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void MatchesFloat64OfWhatIsStored(WeightEncoding encoding, string variant, int m, int n, int k)
    {
        var device = devices[TestDeviceKind.Nvidia];
        var layout = new MatMulLayout { Encoding = encoding, Epilogue = k > 100, OddOutput = m > n };
        using var work = new MatMulCase(device, m, n, k, layout);
        using var y = work.Output();
        device.Kernels.MatMul.RunVariant(device.Stream, work.Args(y), Variants.Named(device.Kernels.MatMul, variant));
        work.Verify(y.Read(), $"{variant}, {m} x {n} x {k}");
    }

    [Theory]
    [InlineData(WeightEncoding.F16)]
    [InlineData(WeightEncoding.BF16)]
    [InlineData(WeightEncoding.Q8_0)]
    public void PackingRoundsByItsRule(WeightEncoding encoding)
    {
        const int N = 3, K = 299;
        var device = devices[TestDeviceKind.Default];
        var weight = Data.WithOutliers(N * K, 11);
        weight[5] = 1f + 1f / 2048;
        weight[6] = 1f + 3f / 2048;
        weight[7] = 1f + 1f / 256;
        weight[8] = 6e-8f;
        Array.Clear(weight, K, 40);
        using var packed = PackedMatrix.CreateRows(device.Kernels.DevicePool, encoding, WeightRows.Of(weight, N, K));
        Assert.Equal(encoding, packed.Encoding);
        Assert.Equal(N * (encoding == WeightEncoding.Q8_0 ? 320 + 2 * 16 : 640), packed.ByteSize);

        // One row of the identity after the other reads the weight back.
        var identity = new float[K * K];
        for (var k = 0; k < K; k++)
        {
            identity[k * K + k] = 1f;
        }

        using var x = device.Upload(identity);
        using var y = device.Accelerator.Allocate1D<float>(K * N);
        device.Kernels.MatMul.Run(device.Stream, x.View, packed, y.View, K);
        var expected = EncodedReference.Round(encoding, weight, K);
        var stored = y.GetAsArray1D();
        for (var i = 0; i < N * K; i++)
        {
            Assert.Equal(expected[i], stored[i % K * N + i / K]);
        }
    }

    [Theory]
    [InlineData(WeightEncoding.F16, 65520f)]
    [InlineData(WeightEncoding.F16, float.NaN)]
    [InlineData(WeightEncoding.BF16, float.MaxValue)]
    [InlineData(WeightEncoding.BF16, float.NegativeInfinity)]
    [InlineData(WeightEncoding.Q8_0, 1e7f)]
    [InlineData(WeightEncoding.Q8_0, float.NaN)]
    [InlineData(WeightEncoding.Q4_0, 1e7f)]
    [InlineData(WeightEncoding.Q4_0, float.NaN)]
    public void WhatAnEncodingCannotHoldIsNamed(WeightEncoding encoding, float value)
    {
        var weight = new float[2 * 40];
        weight[40 + 33] = value;
        var error = Assert.Throws<InputException>(() =>
            PackedMatrix.Create(devices[TestDeviceKind.Default].Kernels, encoding, WeightRows.Of(weight, 2, 40, name: "w.weight")));
        Assert.Contains("w.weight", error.Message, StringComparison.Ordinal);
        Assert.Contains("output 1 and input 33", error.Message, StringComparison.Ordinal);
        Assert.Contains(encoding.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TransposedAndStackedSourcesArePackedAlike()
    {
        const int N = 5, K = 70;
        var device = devices[TestDeviceKind.Default];
        var (first, second) = (Data.Normal(N * K, 3), Data.Normal(N * K, 4));
        var transposed = new float[N * K];
        for (var i = 0; i < N * K; i++)
        {
            transposed[i % K * N + i / K] = second[i];
        }

        using var x = device.Upload(Data.Normal(2 * K, 5));
        using var y = device.Accelerator.Allocate1D<float>(2 * 2 * N);
        using var together = PackedMatrix.Create(
            device.Kernels, WeightEncoding.Q8_0, WeightRows.Of(first, N, K), WeightRows.Of(transposed, N, K, true));
        device.Kernels.MatMul.Run(device.Stream, x.View, together, y.View, 2);
        var both = y.GetAsArray1D();
        using var alone = PackedMatrix.Create(device.Kernels, WeightEncoding.Q8_0, WeightRows.Of(second, N, K));
        using var part = device.Accelerator.Allocate1D<float>(2 * N);
        device.Kernels.MatMul.Run(device.Stream, x.View, alone, part.View, 2);
        Tolerance.SameBits([.. both[N..(2 * N)], .. both[(3 * N)..]], part.GetAsArray1D(), "the second source");
    }

    [Fact]
    public void NarrowWeightsAreForPackedMatricesAlone()
    {
        var device = devices[TestDeviceKind.Default];
        using var packed = PackedMatrix.CreateRows(device.Kernels.DevicePool, WeightEncoding.F16, WeightRows.Of(new float[8 * 40], 8, 40));
        using var x = device.Accelerator.Allocate1D<float>(40);
        using var y = device.Accelerator.Allocate1D<float>(8);
        var args = MatMul.Dense(x.View, default, y.View, 1, 8, 40, StandardEpilogue.None);
        packed.AttachTo(ref args);
        Assert.Equal("matmul-naive-f16", device.Kernels.MatMul.VariantFor(args));
        Assert.Contains("packed", Refusal(args with { WeightColumnStride = 2 }), StringComparison.Ordinal);
        Assert.Contains("packed", Refusal(args with { WeightBatchStride = 4 }), StringComparison.Ordinal);
        Assert.Contains("encoding", Refusal(args with { Encoding = 99 }), StringComparison.Ordinal);
        Assert.Contains("weight needs", Refusal(args with { N = 9, Y = RowView.Dense(device.Accelerator.Allocate1D<float>(9).View, 9) }), StringComparison.Ordinal);

        string Refusal(MatMulArgs<StandardEpilogue> wrong) =>
            Assert.Throws<ShapeException>(() => device.Kernels.MatMul.Run(device.Stream, wrong)).Message;
    }

    private static TheoryData<WeightEncoding, string, int, int, int> MakeCases()
    {
        var cases = new TheoryData<WeightEncoding, string, int, int, int>();
        foreach (var encoding in Narrow)
        {
            foreach (var (variant, shapes) in Sweep)
            {
                foreach (var (m, n, k) in shapes)
                {
                    cases.Add(encoding, $"{variant}-{encoding.ToString().ToLowerInvariant()}", m, n, k);
                }
            }
        }

        return cases;
    }
}
