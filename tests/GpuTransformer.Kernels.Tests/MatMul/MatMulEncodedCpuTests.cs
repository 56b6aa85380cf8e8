using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU matmul over panels in narrow encodings: the bits are those of float32 panels of the widened numbers, for
/// every tiling, encoding, number of rows and threads.</summary>
public sealed unsafe class MatMulEncodedCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    /// <summary>Around panels and registers of every tiling and the rows that change the way; K in units of a stored
    /// block.</summary>
    private static readonly (int M, int N, int Blocks)[] Shapes =
    [
        (1, 1, 1), (1, 49, 5), (1, 200, 3), (2, 96, 2), (3, 97, 1), (4, 17, 2), (5, 50, 3), (8, 48, 2), (16, 33, 1),
        (17, 95, 2), (64, 12, 4), (129, 31, 1),
    ];

    public static TheoryData<int, WeightEncoding> Cases { get; } = MakeCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void SameBitsAsFloat32Panels(int kind, WeightEncoding encoding)
    {
        for (var i = 0; i < Shapes.Length; i++)
        {
            var (m, n, blocks) = Shapes[i];
            var k = blocks * Math.Max(32, EncodedSource.ElementsOf(encoding));
            var source = new EncodedSource(encoding, n, k, i);
            Compare((MatMulCpuKind)kind, m, n, k, encoding, source, source.Widened());
        }

        // Several pieces of k for many rows.
        var deep = new EncodedSource(encoding, 50, 1792, 99);
        Compare((MatMulCpuKind)kind, 18, 50, 1792, encoding, deep, deep.Widened());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void PanelsHoldTheRowsOfAllSources(int kind, WeightEncoding encoding)
    {
        var k = 2 * Math.Max(32, EncodedSource.ElementsOf(encoding));
        EncodedSource[] sources = [new(encoding, 5, k, 1), new(encoding, 70, k, 2), new(encoding, 3, k, 3)];
        using var packed = PackedMatrix.CreatePanels((MatMulCpuKind)kind, encoding, ActivationEncoding.F32, sources);
        Assert.Equal((78, k, encoding), (packed.N, packed.K, packed.Encoding));
        var row = new float[k];
        var n = 0;
        foreach (var source in sources)
        {
            for (var i = 0; i < source.N; i++, n++)
            {
                packed.CopyRow(n, row);
                Assert.Equal(source.Row(i), row);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EncodedFromNumbers_OfAnyLength(int kind, WeightEncoding encoding)
    {
        if (encoding is WeightEncoding.Q4_1 or WeightEncoding.Q4_K or WeightEncoding.Q6_K)
        {
            using var wide = PackedMatrix.CreatePanels(
                (MatMulCpuKind)kind, encoding, ActivationEncoding.F32, WeightRows.Of(new float[512], 2, 256));
            Assert.Equal(WeightEncoding.F32, wide.Encoding);
            return;
        }

        foreach (var (m, n, k) in new[] { (1, 5, 1), (2, 50, 31), (3, 49, 33), (7, 97, 70), (18, 20, 801) })
        {
            var weight = Data.WithOutliers(n * k, 7);
            var transposed = new float[n * k];
            for (var i = 0; i < n * k; i++)
            {
                transposed[i % k * n + i / k] = weight[i];
            }

            var rounded = EncodedReference.Round(encoding, weight, k);
            var widened = WeightRows.Of(rounded, n, k);
            Compare((MatMulCpuKind)kind, m, n, k, encoding, WeightRows.Of(weight, n, k), widened);
            Compare((MatMulCpuKind)kind, m, n, k, encoding, WeightRows.Of(transposed, n, k, true), widened);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AUsersEpilogue_SeesTheSameSums(int kind, WeightEncoding encoding)
    {
        foreach (var (m, n) in new[] { (1, 97), (3, 50), (18, 33) })
        {
            var source = new EncodedSource(encoding, n, 256, m);
            using var work = new MatMulCase(devices[TestDeviceKind.Default], m, n, 256, new MatMulLayout());
            using var narrow = PackedMatrix.CreatePanels((MatMulCpuKind)kind, encoding, ActivationEncoding.F32, source);
            using var wide = PackedMatrix.CreatePanels((MatMulCpuKind)kind, source.Widened());
            Tolerance.SameBits(User(wide), User(narrow), $"{encoding} {m} x {n}");

            float[] User(PackedMatrix weight)
            {
                using var y = work.Output();
                var args = work.Args(y, new RowAndColumnEpilogue());
                weight.AttachTo(ref args);
                var device = devices[TestDeviceKind.Default];
                device.Kernels.MatMul.With<RowAndColumnEpilogue>().Run(device.Stream, args);
                return y.Read();
            }
        }
    }

    [Theory]
    [InlineData(WeightEncoding.F16, 1)]
    [InlineData(WeightEncoding.Q8_0, 32)]
    [InlineData(WeightEncoding.Q4_1, 32)]
    [InlineData(WeightEncoding.Q6_K, 256)]
    public void AStoredScaleThatIsNotFinite_IsNamed(WeightEncoding encoding, int block)
    {
        var source = new EncodedSource(encoding, 3, 512, 1) { NotFinite = (2, 256) };
        var error = Assert.Throws<InputException>(
            () => PackedMatrix.Create(devices[TestDeviceKind.Default].Kernels, encoding, source));
        Assert.Contains(source.Name, error.Message, StringComparison.Ordinal);
        Assert.Contains($"output 2 and input {256 / block * block}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MixedSources_AreWidenedWhereTheEncodingIsOfFilesAlone()
    {
        var device = devices[TestDeviceKind.Default];
        EncodedSource[] sources = [new(WeightEncoding.Q4_1, 5, 64, 1), new(WeightEncoding.Q8_0, 60, 64, 2)];
        foreach (var (asked, expected) in new[]
        {
            (WeightEncoding.Q4_1, WeightEncoding.F32), (WeightEncoding.Q8_0, WeightEncoding.Q8_0), (WeightEncoding.F32, WeightEncoding.F32),
        })
        {
            using var packed = PackedMatrix.Create(device.Kernels, asked, sources);
            Assert.Equal(expected, packed.Encoding);
            var row = new float[64];
            packed.CopyRow(64, row);
            Assert.Equal(sources[1].Row(59), row);
        }
    }

    private void Compare(
        MatMulCpuKind kind, int m, int n, int k, WeightEncoding encoding, WeightRows source, WeightRows widened)
    {
        using var narrow = PackedMatrix.CreatePanels(kind, encoding, ActivationEncoding.F32, source);
        using var wide = PackedMatrix.CreatePanels(kind, widened);
        Assert.Equal(encoding, narrow.Encoding);
        MatMulLayout[] layouts =
        [
            new(),
            new() { Aligned = false, Epilogue = true, Scale = 0.25f, Activation = ActivationKind.Silu },
        ];
        foreach (var layout in layouts)
        {
            using var work = new MatMulCase(devices[TestDeviceKind.Default], m, n, k, layout);
            var expected = Run(work, wide, 1);
            foreach (var threads in new[] { 1, 3 })
            {
                Tolerance.SameBits(expected, Run(work, narrow, threads), $"{encoding} {m} x {n} x {k}, {threads} threads");
            }
        }
    }

    private static TheoryData<int, WeightEncoding> MakeCases()
    {
        var cases = new TheoryData<int, WeightEncoding>();
        foreach (var kind in MatMulCpuKinds.Runnable)
        {
            foreach (var encoding in Enum.GetValues<WeightEncoding>().Where(encoding => encoding != WeightEncoding.F32))
            {
                cases.Add((int)kind, encoding);
            }
        }

        return cases;
    }

    private static float[] Run(MatMulCase work, PackedMatrix weight, int threads)
    {
        using var y = work.Output();
        var args = work.Args(y);
        weight.AttachTo(ref args);
        var converted = MatMulCpu.ConvertStandard(args);
        converted.Threads = threads;
        var step = new CpuStep(&MatMulCpu.TileCount, &MatMulCpu.Tile, &converted);
        CpuPool.Shared.Walk(&step, 1);
        return y.Read();
    }
}

/// <summary>An epilogue that a user may write.</summary>
public struct RowAndColumnEpilogue : IEpilogue
{
    public readonly float Apply(float sum, int row, int column) => 2 * sum + row - column;
}
