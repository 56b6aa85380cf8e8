using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Packing: what goes in comes out, in each form.</summary>
public sealed class PackedMatrixCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<int> Kinds { get; } = new(MatMulCpuKinds.Runnable.Select(kind => (int)kind));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Panels_HoldTheRowsOfAllSources(int kind)
    {
        // Sources meet inside panels; one is stored (K, N); K beyond one piece of reading.
        foreach (var (sizes, k) in new[] { (new[] { 1 }, 1), ([5, 70, 3], 7), ([48, 48, 96], 33), ([100, 1, 31], 1027) })
        {
            var sources = sizes.Select((n, i) => new Source(n, k, i == 1, i)).ToArray();
            using var packed = PackedMatrix.CreatePanels((MatMulCpuKind)kind, sources);
            Assert.Equal((sizes.Sum(), k, WeightEncoding.F32), (packed.N, packed.K, packed.Encoding));
            var lanes = MatMulCpuEngine.Of((MatMulCpuKind)kind).Lanes;
            Assert.Equal(64 + 4L * k * ((packed.N + lanes - 1) / lanes * lanes), packed.ByteSize);
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
    }

    [Fact]
    public void ACopyOfPanels_HoldsTheSameAndStandsAlone()
    {
        var source = new Source(37, 64, false, 0);
        var packed = PackedMatrix.Create(devices[TestDeviceKind.Default].Kernels, WeightEncoding.BF16, source);
        var expected = new float[64];
        packed.CopyRow(36, expected);
        using var copy = packed.CopyPanels()!;
        packed.Dispose();
        var row = new float[64];
        copy.CopyRow(36, row);
        Assert.Equal(expected, row);
        Assert.Equal((37, 64, WeightEncoding.BF16), (copy.N, copy.K, copy.Encoding));
        Assert.Throws<ObjectDisposedException>(() => packed.CopyPanels());
    }

    [Theory]
    [InlineData(VariantKind.Naive)]
    [InlineData(VariantKind.Group)]
    public void OtherVariants_GetRowsOfWholeQuads(VariantKind variant)
    {
        var device = devices[TestDeviceKind.Nvidia];
        var kernels = new KernelSet(device.Accelerator, variant);
        var sources = new[] { new Source(5, 7, false, 0), new Source(9, 7, true, 1) };
        using var packed = PackedMatrix.Create(kernels, sources);
        var args = default(MatMulArgs<StandardEpilogue>);
        packed.AttachTo(ref args);
        Assert.Equal((14, 7, 8, 1, 0L), (args.N, args.K, args.Weight.Stride, args.WeightColumnStride, args.Panels));
        var values = ((ArrayView1D<float, Stride1D.Dense>)args.Weight.Data).GetAsArray1D();
        for (var n = 0; n < 14; n++)
        {
            var expected = n < 5 ? sources[0].Row(n) : sources[1].Row(n - 5);
            Assert.Equal([.. expected, 0f], values[(n * 8)..(n * 8 + 8)]);
        }

        // The same product as the CPU variant's, each against its own rounding.
        using var x = device.Upload(Data.Normal(3 * 7, 9));
        using var y = device.Accelerator.Allocate1D<float>(3 * 14);
        kernels.MatMul.Run(device.Stream, x.View, packed, y.View, 3);
        using var panels = PackedMatrix.Create(device.Kernels, sources);
        using var other = device.Accelerator.Allocate1D<float>(3 * 14);
        device.Kernels.MatMul.Run(device.Stream, x.View, panels, other.View, 3);
        Tolerance.Close([.. y.GetAsArray1D().Select(value => (double)value)], other.GetAsArray1D(), 1e-5, 1e-6, "both forms");
    }

    [Fact]
    public void WrongSources_AreRefused()
    {
        var kernels = devices[TestDeviceKind.Default].Kernels;
        Assert.Throws<ShapeException>(() => PackedMatrix.Create(kernels));
        var error = Assert.Throws<ShapeException>(
            () => PackedMatrix.Create(kernels, new Source(2, 3, false, 0), new Source(2, 4, false, 1)));
        Assert.Contains("source 1", error.Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => PackedMatrix.Create(kernels, new Source(0, 3, false, 0)));
        Assert.Throws<ShapeException>(() => WeightRows.Of(new float[5], 2, 3));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnErrorOfASource_ReachesTheCaller(bool isTransposed)
    {
        var kernels = devices[TestDeviceKind.Default].Kernels;
        var source = new Source(200, 30, isTransposed, 0) { FailsAt = 17 };
        Assert.Equal("row 17", Assert.Throws<InputException>(() => PackedMatrix.Create(kernels, source)).Message);
    }

    [Fact]
    public void Disposed_IsNotUsed()
    {
        var packed = PackedMatrix.Create(devices[TestDeviceKind.Default].Kernels, new Source(2, 3, false, 0));
        packed.Dispose();
        packed.Dispose();
        var args = default(MatMulArgs<StandardEpilogue>);
        Assert.Throws<ObjectDisposedException>(() => packed.AttachTo(ref args));
    }

    /// <summary>A weight whose elements say where they belong.</summary>
    private sealed class Source(int n, int k, bool isTransposed, int index)
        : WeightRows($"source {index}", n, k, isTransposed)
    {
        public int FailsAt { get; init; } = -1;

        public float[] Row(int n) => [.. Enumerable.Range(0, K).Select(k => Element(n, k))];

        public override void Read(int row, int column, Span<float> values)
        {
            if (row == FailsAt)
            {
                throw new InputException($"row {row}");
            }

            for (var i = 0; i < values.Length; i++)
            {
                values[i] = IsTransposed ? Element(column + i, row) : Element(row, column + i);
            }
        }

        private float Element(int n, int k)
        {
            Assert.InRange(n, 0, N - 1);
            Assert.InRange(k, 0, K - 1);
            return index * 1_000_000 + n * 2048 + k;
        }
    }
}
