using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The naive and group variants of matmul against float64, on every kind of device.</summary>
public sealed class MatMulTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    /// <summary>Shapes around each variant's tile, few for the large groups: a barrier of 256 lanes takes milliseconds
    /// on a CPU.</summary>
    private static readonly (string Variant, int Group, (int M, int N, int K)[] Shapes)[] Sweep =
    [
        ("matmul-naive", 1, [(1, 1, 1), (2, 3, 5), (17, 13, 31), (5, 70, 3), (70, 5, 97), (2, 3, 257), (3, 5, 769)]),
        ("matmul-tile16", 16, [(1, 1, 1), (15, 17, 3), (16, 16, 4), (17, 15, 5), (33, 31, 13), (2, 50, 37), (50, 3, 8), (18, 17, 771), (5, 18, 256)]),
        ("matmul-tile64", 128, [(1, 1, 1), (63, 65, 7), (64, 64, 8), (65, 63, 9), (3, 67, 19), (5, 66, 256), (66, 3, 521)]),
        ("matmul-tile64-split", 128, [(1, 1, 1), (63, 65, 256), (65, 63, 265)]),
        ("matmul-tile128", 256, [(127, 129, 9), (128, 128, 8), (129, 127, 7), (3, 131, 19), (130, 3, 523)]),
        ("matmul-tile128-split", 256, [(127, 130, 8), (129, 3, 265)]),
        ("matmul-skinny", 256, [(1, 1, 1), (7, 31, 127), (8, 32, 256), (9, 33, 257), (1, 65, 771)]),
        ("matmul-skinny-split", 256, [(1, 1, 1), (9, 33, 515), (2, 32, 512)]),
    ];

    public static TheoryData<TestDeviceKind, string, int, int, int> Cases { get; } = MakeCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void MatchesFloat64(TestDeviceKind kind, string variant, int m, int n, int k)
    {
        Verify(kind, variant, m, n, k, new MatMulLayout { OddOutput = m > n });
        Verify(kind, $"{variant}-scalar", m, n, k, new MatMulLayout { Aligned = false, Epilogue = true, Scale = 0.25f });
        Verify(kind, $"{variant}-scalar", m, n, k, new MatMulLayout { Aligned = false, KByN = true });
    }

    [Theory]
    [InlineData("matmul-naive")]
    [InlineData("matmul-tile16")]
    [InlineData("matmul-tile16-scalar")]
    [InlineData("matmul-tile64")]
    [InlineData("matmul-tile128")]
    [InlineData("matmul-tile64-split")]
    [InlineData("matmul-skinny")]
    [InlineData("matmul-skinny-scalar")]
    [InlineData("matmul-skinny-split")]
    public void BatchesActiveRowsAndActivations(string variant)
    {
        var layout = new MatMulLayout { Batch = 3, ActiveRows = 18, Epilogue = true, Activation = ActivationKind.GeluErf };
        Verify(TestDeviceKind.Nvidia, variant, 37, 21, 11, layout);
        Verify(TestDeviceKind.Nvidia, variant, 9, 18, 5, layout with { SharedWeight = true, ActiveRows = 0 });
        Verify(
            TestDeviceKind.Nvidia,
            variant,
            5,
            18,
            6,
            new MatMulLayout { Batch = 2, SharedWeight = true, Activation = ActivationKind.Silu });
    }

    /// <summary>K of three chunks, the last ragged: one order of sums, whatever a group owns and however k is split.</summary>
    [Theory]
    [InlineData(WeightEncoding.F32)]
    [InlineData(WeightEncoding.F16)]
    [InlineData(WeightEncoding.BF16)]
    [InlineData(WeightEncoding.Q8_0)]
    public void EveryVariantGivesTheSameBits(WeightEncoding encoding)
    {
        var device = devices[TestDeviceKind.Nvidia];
        using var work = new MatMulCase(device, 19, 70, 603, new MatMulLayout { Epilogue = true, Encoding = encoding });
        var operation = device.Kernels.MatMul;
        float[]? first = null;
        var ran = 0;
        foreach (var variant in operation.Table.ToArray().OfType<KernelVariant<MatMulArgs<StandardEpilogue>>>())
        {
            if (MatMulLayout.EncodingOf(variant.Name) != encoding)
            {
                continue;
            }

            using var y = work.Output();
            operation.RunVariant(device.Stream, work.Args(y), variant);
            var values = y.Read();
            work.Verify(values, variant.Name);
            first ??= values;
            Tolerance.SameBits(first, values, variant.Name);
            ran++;
        }

        Assert.Equal(encoding == WeightEncoding.F32 ? 15 : 8, ran);
    }

    /// <summary>More tiles than groups: a group that walks all of k takes one tile after the other.</summary>
    [Theory]
    [InlineData(TestDeviceKind.Nvidia)]
    [InlineData(TestDeviceKind.LegacyAmd)]
    public void AGroupOfTheLargestTileTakesSeveral(TestDeviceKind kind)
    {
        Assert.Equal(1, devices[kind].Kernels.Traits.Multiprocessors);
        Verify(kind, "matmul-tile128", 130, 260, 290, new MatMulLayout { Batch = 2, ActiveRows = 129 });
    }

    [Fact]
    public void ResidualMayBeTheOutput()
    {
        var device = devices[TestDeviceKind.Default];
        var x = Data.Normal(5 * 7, 1);
        var weight = Data.Normal(6 * 7, 2);
        var y = Data.Normal(5 * 6, 3);
        using var bufferX = device.Upload(x);
        using var bufferWeight = device.Upload(weight);
        using var bufferY = device.Upload(y);
        device.Kernels.MatMul.Run(
            device.Stream, bufferX.View, bufferWeight.View, bufferY.View, 5, 6, 7, default, ActivationKind.Relu, bufferY.View);
        var expected = new double[30];
        for (var i = 0; i < 30; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < 7; k++)
            {
                sum += (double)x[i / 6 * 7 + k] * weight[i % 6 * 7 + k];
            }

            expected[i] = Math.Max(0, sum) + y[i];
        }

        // 7 products of size about 1: a few times 2^-24 of their sum.
        Tolerance.Close(expected, bufferY.GetAsArray1D(), 4e-6, 1e-6, "matmul");
    }

    [Fact]
    public void NaNAndInfinityReachTheirOutputsOnly()
    {
        var device = devices[TestDeviceKind.Default];
        float[] x = [1, float.NaN, 2, 3, float.PositiveInfinity, 1, 1, 2, 3];
        float[] weight = [1, 1, 1, 2, 2, -1];
        foreach (var name in new[] { "matmul-naive", "matmul-tile16", "matmul-tile16-scalar" })
        {
            using var bufferX = device.Upload(x);
            using var bufferWeight = device.Upload(weight);
            using var y = new GuardedOutput(device, 3, 2);
            var args = MatMul.Dense(bufferX.View, bufferWeight.View, y.View.Data, 3, 2, 3, StandardEpilogue.None);
            args.Y = y.View;
            device.Kernels.MatMul.RunVariant(device.Stream, args, Variants.Named(device.Kernels.MatMul, name));
            double[] expected =
                [double.NaN, double.NaN, double.PositiveInfinity, double.PositiveInfinity, 6, 3];
            Tolerance.Close(expected, y.Read(), 0, 0, name);
        }
    }

    private static TheoryData<TestDeviceKind, string, int, int, int> MakeCases()
    {
        var cases = new TheoryData<TestDeviceKind, string, int, int, int>();
        foreach (var kind in Enum.GetValues<TestDeviceKind>())
        {
            var largest = kind switch { TestDeviceKind.Default => 16, TestDeviceKind.Intel => 128, _ => 256 };
            foreach (var (variant, group, shapes) in Sweep)
            {
                // A large group behaves alike on devices that differ in warps only, so those get its last two shapes.
                var first = kind is TestDeviceKind.LegacyAmd or TestDeviceKind.Intel ? shapes.Length - 2 : 0;
                foreach (var (m, n, k) in group <= largest ? shapes[first..] : [])
                {
                    cases.Add(kind, variant, m, n, k);
                }
            }
        }

        return cases;
    }

    private void Verify(TestDeviceKind kind, string variant, int m, int n, int k, MatMulLayout layout)
    {
        variant = variant == "matmul-naive-scalar" ? "matmul-naive" : variant;
        var operation = devices[kind].Kernels.MatMul;
        using var work = new MatMulCase(devices[kind], m, n, k, layout);
        using var y = work.Output();
        operation.RunVariant(devices[kind].Stream, work.Args(y), Variants.Named(operation, variant));
        work.Verify(y.Read(), $"{variant} on {kind}, {m} x {n} x {k}, {layout}");
    }
}
