using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Which variant of matmul is chosen, without a device; what is refused; a user's own epilogue.</summary>
public sealed class MatMulChoiceTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    /// <summary>By the cycles of the busiest of 132 multiprocessors, written out in MatMulPlan.</summary>
    [Theory]
    [InlineData(4096, 4096, 4096, 1, "matmul-tile128")]
    [InlineData(4096, 768, 3072, 1, "matmul-tile64")]
    [InlineData(4096, 3072, 768, 1, "matmul-tile128")]
    [InlineData(512, 768, 768, 1, "matmul-tile64-split")]
    [InlineData(512, 3072, 768, 1, "matmul-tile64")]
    [InlineData(512, 768, 3072, 1, "matmul-tile64-split")]
    [InlineData(128, 768, 768, 1, "matmul-tile64-split")]
    [InlineData(128, 128, 64, 96, "matmul-tile64")]
    [InlineData(128, 768, 256, 1, "matmul-tile64")]
    [InlineData(1, 768, 768, 1, "matmul-skinny-split")]
    [InlineData(1, 768, 256, 1, "matmul-skinny")]
    [InlineData(1, 50257, 768, 1, "matmul-skinny")]
    [InlineData(16, 4096, 4096, 1, "matmul-skinny-split")]
    [InlineData(17, 50257, 768, 1, "matmul-tile64")]
    public void ShapeDecides(int m, int n, int k, int batch, string expected)
    {
        var args = MatMul.Dense(default, default, default, m, n, k, StandardEpilogue.None) with { Batch = batch };
        Assert.Equal(expected, Choice(Graphics(1024, 132), args));
        args.X.Offset = 1;
        Assert.Equal($"{expected}-scalar", Choice(Graphics(1024, 132), args));
        args.X.Offset = 4;
        Assert.Equal(expected, Choice(Graphics(1024, 132), args));
        args.WeightColumnStride = n;
        Assert.Equal($"{expected}-scalar", Choice(Graphics(1024, 132), args));
    }

    [Theory]
    [InlineData(WeightEncoding.F16, "-f16")]
    [InlineData(WeightEncoding.BF16, "-bf16")]
    [InlineData(WeightEncoding.Q8_0, "-q8_0")]
    public void EncodingDecides(WeightEncoding encoding, string suffix)
    {
        var args = MatMul.Dense(default, default, default, 1, 4096, 4096, StandardEpilogue.None);
        args.Encoding = (int)encoding;
        Assert.Equal($"matmul-skinny-split{suffix}", Choice(Graphics(1024, 132), args));
        Assert.Equal($"matmul-tile128{suffix}", Choice(Graphics(1024, 132), args with { Rows = ActiveRows.Fixed(4096) }));

        // Rows of x that are not aligned are read by the smallest tile.
        args.X.Offset = 1;
        Assert.Equal($"matmul-tile16{suffix}", Choice(Graphics(1024, 132), args));
        Assert.Equal($"matmul-naive{suffix}", Choice(Graphics(1, 132), args));
        Assert.Equal($"matmul-naive{suffix}", Choice(Graphics(16, 1) with { Kind = DeviceKind.Cpu }, args));
    }

    [Fact]
    public void DeviceDecides()
    {
        var args = MatMul.Dense(default, default, default, 4096, 4096, 768, StandardEpilogue.None);
        Assert.Equal("matmul-tile64", Choice(Graphics(128, 132), args));
        Assert.Equal("matmul-tile16", Choice(Graphics(64, 132), args));
        Assert.Equal("matmul-naive", Choice(Graphics(8, 132), args));
        Assert.Equal("matmul-tile64", Choice(Graphics(1024, 132) with { SharedBytes = 16_000 }, args));
        Assert.Equal("matmul-tile16", Choice(Graphics(1024, 132) with { SharedBytes = 2_000 }, args));

        // An AMD card with wavefronts of 64 and an Intel one with 512 slices of 64 KB choose by the same arithmetic.
        Assert.Equal("matmul-tile128", Choice(Graphics(1024, 80) with { WarpSize = 64, SharedBytes = 65536 }, args));
        Assert.Equal("matmul-tile128", Choice(Graphics(1024, 512) with { WarpSize = 16, SharedBytes = 65536 }, args));

        // Few multiprocessors are filled by few tiles, and need no split.
        var small = MatMul.Dense(default, default, default, 128, 768, 3072, StandardEpilogue.None);
        Assert.Equal("matmul-tile128", Choice(Graphics(1024, 3), small));
        Assert.Equal("matmul-skinny", Choice(Graphics(1024, 3), small with { Rows = ActiveRows.Fixed(1) }));
        Assert.Equal("matmul-tile64", Choice(Graphics(128, 3), small with { Rows = ActiveRows.Fixed(1) }));
    }

    [Fact]
    public void WorkspaceIsBounded()
    {
        // 264 groups that keep 128 x 128 totals each, however many tiles there are.
        var large = MatMul.Dense(default, default, default, 4096, 50257, 768, StandardEpilogue.None);
        Assert.Equal(264L * 128 * 128, WorkspaceFloats("matmul-tile128", large));
        Assert.Equal(0, WorkspaceFloats("matmul-tile128", large with { K = 256 }));
        Assert.Equal(0, WorkspaceFloats("matmul-tile64", large));

        // Three chunks of every result, columns in whole quads.
        var split = MatMul.Dense(default, default, default, 512, 767, 768, StandardEpilogue.None);
        Assert.Equal(3L * 512 * 768, WorkspaceFloats("matmul-tile64-split", split));

        static long WorkspaceFloats(string name, MatMulArgs<StandardEpilogue> args) =>
            MatMulVariants<StandardEpilogue>.Table().OfType<KernelVariant<MatMulArgs<StandardEpilogue>>>()
                .Single(v => v.Name == name).Workspace?.Floats(Graphics(1024, 132), args) ?? 0;
    }

    [Fact]
    public void RequestedKindIsNeverReplaced()
    {
        var args = MatMul.Dense(default, default, default, 4, 4, 4, StandardEpilogue.None);
        var error = Assert.Throws<DeviceException>(() => Choice(Graphics(8, 1), args, VariantKind.Group));
        Assert.Contains("MatMul", error.Message, StringComparison.Ordinal);
        Assert.Throws<DeviceException>(() => Choice(Graphics(1024, 1), args, VariantKind.Cpu));
        Assert.Equal("matmul-naive", Choice(Graphics(1024, 1), args, VariantKind.Naive));
    }

    [Fact]
    public void MisalignedSubViewsTakeScalarLoads()
    {
        var device = devices[TestDeviceKind.Nvidia];
        using var x = device.Upload(Data.Normal(1 + 9 * 8, 1));
        using var weight = device.Upload(Data.Normal(5 * 8, 2));
        using var y = device.Accelerator.Allocate1D<float>(9 * 5);
        var set = new KernelSet(device.Accelerator, VariantKind.Group);
        var odd = MatMul.Dense(x.View.SubView(1, 72), weight.View, y.View, 9, 5, 8, StandardEpilogue.None);
        Assert.EndsWith("-scalar", set.MatMul.VariantFor(odd), StringComparison.Ordinal);
        set.MatMul.Run(device.Stream, odd);
        var values = y.GetAsArray1D();
        using var copy = device.Upload(x.GetAsArray1D()[1..]);
        set.MatMul.Run(device.Stream, copy.View, weight.View, y.View, 9, 5, 8);
        Tolerance.SameBits(y.GetAsArray1D(), values, "a view at an odd offset");
    }

    [Fact]
    public void OwnEpilogueRunsInEveryVariant()
    {
        var device = devices[TestDeviceKind.Nvidia];
        var operation = device.Kernels.MatMul.With<CheckerEpilogue>();
        Assert.Same(operation, device.Kernels.MatMul.With<CheckerEpilogue>());
        using var work = new MatMulCase(device, 10, 18, 6, new MatMulLayout { Batch = 2 });
        using var factors = device.Upload([3f, -0.5f]);
        foreach (var variant in operation.Table.ToArray())
        {
            if (MatMulLayout.EncodingOf(variant.Name) != WeightEncoding.F32)
            {
                continue;
            }

            using var y = work.Output();
            operation.RunVariant(
                device.Stream, work.Args(y, new CheckerEpilogue { Factors = factors.View, Shift = 2f }), variant);
            var expected = new double[20 * 18];
            var allowed = new double[expected.Length];
            for (var i = 0; i < expected.Length; i++)
            {
                var (sum, magnitude) = work.Sum(i / 18, i % 18);
                expected[i] = sum * ((i / 18 + i % 18) % 2 == 0 ? 3 : -0.5) + 2;
                allowed[i] = 1e-6 * (magnitude * 3 + 2);
            }

            Tolerance.Within(expected, allowed, y.Read(), variant.Name);
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("weight")]
    [InlineData("y")]
    [InlineData("bias")]
    [InlineData("gate")]
    [InlineData("residual")]
    public void ShortViewIsNamed(string name)
    {
        var error = Assert.Throws<ShapeException>(() => Run(name, name, (ref MatMulArgs<StandardEpilogue> _) => { }));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("MatMul", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WrongSizesAreRefused()
    {
        Refused("K must", (ref MatMulArgs<StandardEpilogue> a) => a.K = 0);
        Refused("N must", (ref MatMulArgs<StandardEpilogue> a) => a.N = -1);
        Refused("M must", (ref MatMulArgs<StandardEpilogue> a) => a.Rows.Capacity = -1);
        Refused("run state", (ref MatMulArgs<StandardEpilogue> a) => a.Rows.Slot = 0);
        Refused("batch must", (ref MatMulArgs<StandardEpilogue> a) => a.Batch = 0);
        Refused("offset of x", (ref MatMulArgs<StandardEpilogue> a) => a.X.Offset = -1);
        Refused("stride of x", (ref MatMulArgs<StandardEpilogue> a) => a.X.Stride = 5);
        Refused("batch stride of x", (ref MatMulArgs<StandardEpilogue> a) => (a.Batch, a.XBatchStride) = (2, -1));
        Refused("overlap", (ref MatMulArgs<StandardEpilogue> a) => a.Batch = 2);
        Refused("column stride", (ref MatMulArgs<StandardEpilogue> a) => a.WeightColumnStride = 0);
        Refused("weight", (ref MatMulArgs<StandardEpilogue> a) => a.WeightColumnStride = 5);
        Refused("activation", (ref MatMulArgs<StandardEpilogue> a) => a.Epilogue.Activation = 99);
        Refused("M · N", (ref MatMulArgs<StandardEpilogue> a) => (a.Rows.Capacity, a.N) = (1 << 20, 1 << 20));
        Refused("x needs", (ref MatMulArgs<StandardEpilogue> a) => a.X.Stride = int.MaxValue);
        Refused("y needs", (ref MatMulArgs<StandardEpilogue> a) => a.Y.Stride = int.MaxValue);
    }

    [Fact]
    public void NoRowsLaunchNothing()
    {
        var device = devices[TestDeviceKind.Default];
        device.Kernels.MatMul.Run(device.Stream, default, device.Accelerator.Allocate1D<float>(6).View, default, 0, 2, 3);
    }

    [Fact]
    public void PlainContextMultiplies()
    {
        using var context = Context.CreateDefault();
        using var accelerator = context.GetPreferredDevice(preferCPU: true).CreateAccelerator(context);
        using var x = accelerator.Allocate1D<float>([1, 2, 3, 4, 5, 6]);
        using var weight = accelerator.Allocate1D<float>([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]);
        using var y = accelerator.Allocate1D<float>(8);
        new KernelSet(accelerator).MatMul.Run(accelerator.DefaultStream, x.View, weight.View, y.View, m: 2, n: 4, k: 3);
        Assert.Equal([1, 2, 3, 6, 4, 5, 6, 15], y.GetAsArray1D());
    }

    private static string Choice(
        DeviceTraits traits, MatMulArgs<StandardEpilogue> args, VariantKind? requested = null)
    {
        var table = MatMulVariants<StandardEpilogue>.Table();
        return table[VariantChoice.Select("MatMul", table, traits, args, requested)].Name;
    }

    private static DeviceTraits Graphics(int groupSize, int multiprocessors) => new()
    {
        Kind = DeviceKind.Cuda,
        Name = "a graphics card",
        WarpSize = 32,
        MaxGroupSize = groupSize,
        SharedBytes = 49152,
        Multiprocessors = multiprocessors,
    };

    private delegate void Change(ref MatMulArgs<StandardEpilogue> args);

    private void Refused(string part, Change change)
    {
        var error = Assert.Throws<ShapeException>(() => Run("", part, change));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private void Run(string shortened, string what, Change change)
    {
        var device = devices[TestDeviceKind.Default];
        using var x = device.Accelerator.Allocate1D<float>(Length("x", 4 * 6));
        using var weight = device.Accelerator.Allocate1D<float>(Length("weight", 5 * 6));
        using var y = device.Accelerator.Allocate1D<float>(Length("y", 4 * 5));
        using var bias = device.Accelerator.Allocate1D<float>(Length("bias", 5));
        using var gate = device.Accelerator.Allocate1D<float>(Length("gate", 4 * 5));
        using var residual = device.Accelerator.Allocate1D<float>(Length("residual", 4 * 5));
        var args = MatMul.Dense(x.View, weight.View, y.View, 4, 5, 6, new StandardEpilogue
        {
            Bias = bias.View,
            HasBias = 1,
            Gate = RowView.Dense(gate.View, 5),
            HasGate = 1,
            Residual = RowView.Dense(residual.View, 5),
            HasResidual = 1,
            Scale = 1f,
        });
        change(ref args);
        device.Kernels.MatMul.Run(device.Stream, args);
        Assert.Fail($"{what} was not refused");

        int Length(string name, int length) => name == shortened ? length - 1 : length;
    }
}

/// <summary>An epilogue with a view and a number of its own: factors in a checkerboard.</summary>
public struct CheckerEpilogue : IEpilogue
{
    public ArrayView<float> Factors;
    public float Shift;

    public readonly float Apply(float sum, int row, int column) => sum * Factors[(row + column) & 1] + Shift;
}
