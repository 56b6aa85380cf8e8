using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU matmul in each tiling that this processor can run, packed and from views, against float64.</summary>
public sealed unsafe class MatMulCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    /// <summary>Around tiles of 6 and 8 rows, panels of 8, 12, 16 and 48, the 4 k of the inner loop and the 768 of the
    /// outer one.</summary>
    private static readonly (int M, int N, int K)[] Shapes =
    [
        (1, 1, 1), (1, 7, 3), (2, 16, 8), (3, 17, 15), (4, 47, 16), (5, 48, 17), (6, 49, 9), (7, 95, 7), (8, 96, 8),
        (9, 97, 49), (15, 33, 47), (16, 64, 48), (17, 31, 1), (47, 5, 255), (48, 2, 256), (49, 12, 257), (1, 200, 768),
        (2, 129, 769), (4, 193, 766), (13, 49, 767), (25, 50, 769), (255, 9, 33), (256, 24, 32), (257, 20, 31),
        (70, 50, 1537),
    ];

    public static TheoryData<int, int> Cases { get; } = MakeCases();

    public static TheoryData<int> Kinds { get; } = new(MatMulCpuKinds.Runnable.Select(kind => (int)kind));

    [Theory]
    [MemberData(nameof(Cases))]
    public void MatchesFloat64(int kind, int shape)
    {
        var (m, n, k) = Shapes[shape];
        var threads = shape % 3 == 0 ? 1 : shape % 3 == 1 ? 2 : 64;
        MatMulLayout[] layouts =
        [
            new(),
            new() { Aligned = false, Epilogue = true, Scale = 0.25f },
            new() { Aligned = false, KByN = true, Epilogue = true, Activation = ActivationKind.GeluTanh },
        ];
        foreach (var layout in layouts)
        {
            using var work = new MatMulCase(devices[TestDeviceKind.Default], m, n, k, layout);
            using var weight = PackedMatrix.CreatePanels((MatMulCpuKind)kind, work.Weight);
            work.Verify(Run(work, (MatMulCpuKind)kind, threads), $"view {m} x {n} x {k}, {layout}");
            work.Verify(Run(work, (MatMulCpuKind)kind, threads, weight), $"packed {m} x {n} x {k}, {layout}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void BatchesAndActiveRows(int kind)
    {
        var layout = new MatMulLayout { Batch = 3, ActiveRows = 18, Epilogue = true, Activation = ActivationKind.GeluErf };
        Verify(37, 21, 11, layout);
        Verify(9, 18, 5, layout with { SharedWeight = true, ActiveRows = 0 });
        Verify(5, 50, 6, new MatMulLayout { Batch = 7, Aligned = false, KByN = true, Activation = ActivationKind.Silu });

        void Verify(int m, int n, int k, MatMulLayout layout)
        {
            using var work = new MatMulCase(devices[TestDeviceKind.Default], m, n, k, layout);
            work.Verify(Run(work, (MatMulCpuKind)kind, 2), $"view {layout}");
            if (layout.SharedWeight)
            {
                using var weight = PackedMatrix.CreatePanels((MatMulCpuKind)kind, work.Weight);
                work.Verify(Run(work, (MatMulCpuKind)kind, 2, weight), $"packed {layout}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryActivation_WithEveryPartOfTheEpilogue(int kind)
    {
        foreach (var activation in Enum.GetValues<ActivationKind>())
        {
            foreach (var epilogue in new[] { false, true })
            {
                var layout = new MatMulLayout { Activation = activation, Epilogue = epilogue, Scale = 0.125f };
                using var work = new MatMulCase(devices[TestDeviceKind.Default], 9, 53, 20, layout);
                work.Verify(Run(work, (MatMulCpuKind)kind, 1), $"{layout}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ARowsBits_DependOnNothingElse(int kind)
    {
        const int M = 301, N = 101, K = 770;
        using var work = new MatMulCase(devices[TestDeviceKind.Default], M, N, K, new MatMulLayout { Epilogue = true });
        using var weight = PackedMatrix.CreatePanels((MatMulCpuKind)kind, work.Weight);
        var expected = Run(work, (MatMulCpuKind)kind, 1, weight);
        Tolerance.SameBits(expected, Run(work, (MatMulCpuKind)kind, 2, weight), "two threads");
        Tolerance.SameBits(expected, Run(work, (MatMulCpuKind)kind, 64, weight), "cut for 64 threads");
        Tolerance.SameBits(expected, Run(work, (MatMulCpuKind)kind, 3), "from a view");
        foreach (var (first, rows) in new[] { (0, 1), (300, 1), (7, 2), (8, 3), (100, 4), (5, 5), (11, 9), (250, 17), (1, 290) })
        {
            var rest = expected[(first * N)..((first + rows) * N)];
            Tolerance.SameBits(rest, Run(work, (MatMulCpuKind)kind, 2, weight, first, rows), $"rows {first} and {rows - 1} more");
            Tolerance.SameBits(rest, Run(work, (MatMulCpuKind)kind, 2, null, first, rows), $"view, rows {first} and {rows - 1} more");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void BothLayoutsOfAWeight_GiveTheSameBits(int kind)
    {
        var device = devices[TestDeviceKind.Default];
        const int M = 5, N = 61, K = 35;
        var weight = Data.WithOutliers(N * K, 2);
        var transposed = new float[weight.Length];
        for (var i = 0; i < weight.Length; i++)
        {
            transposed[i % K * N + i / K] = weight[i];
        }

        using var x = device.Upload(Data.Normal(M * K, 1));
        using var rows = device.Upload(weight);
        using var columns = device.Upload(transposed);
        using var y = device.Accelerator.Allocate1D<float>(M * N);
        var args = MatMul.Dense(x.View, rows.View, y.View, M, N, K, StandardEpilogue.None);
        Walk(MatMulCpu.ConvertStandard(args, (MatMulCpuKind)kind));
        var expected = y.GetAsArray1D();
        args.Weight = new RowView(columns.View, 0, 1);
        args.WeightColumnStride = N;
        y.MemSetToZero();
        Walk(MatMulCpu.ConvertStandard(args, (MatMulCpuKind)kind));
        Tolerance.SameBits(expected, y.GetAsArray1D(), "(K, N)");
    }

    [Fact]
    public void ResidualMayBeTheOutput_BeyondOneBlockOfK()
    {
        var device = devices[TestDeviceKind.Default];
        const int M = 19, N = 50, K = 2 * MatMulCpu.BlockK + 3;
        var start = Data.Normal(M * N, 3);
        using var x = device.Upload(Data.Normal(M * K, 1));
        using var weight = PackedMatrix.Create(device.Kernels, WeightRows.Of(Data.Normal(N * K, 2), N, K));
        using var plain = device.Accelerator.Allocate1D<float>(M * N);
        using var y = device.Upload(start);
        device.Kernels.MatMul.Run(device.Stream, x.View, weight, plain.View, M);
        device.Kernels.MatMul.Run(device.Stream, x.View, weight, y.View, M, default, ActivationKind.Relu, y.View);
        var expected = plain.GetAsArray1D().Select((sum, i) => Math.Max(0, sum) + start[i]).ToArray();
        Tolerance.SameBits(expected, y.GetAsArray1D(), "residual in place");
    }

    [Fact]
    public void APackedWeight_NeedsItsOwnVariant_AndItsOwnShape()
    {
        var device = devices[TestDeviceKind.Default];
        using var buffer = device.Accelerator.Allocate1D<float>(64);
        using var weight = PackedMatrix.CreatePanels(MatMulCpuEngine.Best, WeightRows.Of(new float[8], 2, 4));
        var args = MatMul.Dense(buffer.View, default, buffer.View, 3, 2, 4, StandardEpilogue.None);
        weight.AttachTo(ref args);
        Assert.Equal("matmul-cpu", device.Kernels.MatMul.VariantFor(args));
        Assert.Throws<DeviceException>(() => new KernelSet(device.Accelerator, VariantKind.Naive).MatMul.VariantFor(args));
        args.K = 3;
        Assert.Contains("(2, 4)", Refusal(args), StringComparison.Ordinal);
        args.K = 4;
        args.WeightBatchStride = 8;
        Assert.Contains("batch stride", Refusal(args), StringComparison.Ordinal);

        string Refusal(MatMulArgs<StandardEpilogue> wrong) =>
            Assert.Throws<ShapeException>(() => device.Kernels.MatMul.Run(device.Stream, wrong)).Message;
    }

    [Fact]
    public void NaNAndInfinityReachTheirOutputsOnly()
    {
        var device = devices[TestDeviceKind.Default];
        float[] x = [1, float.NaN, 2, 3, float.PositiveInfinity, 1, 1, 2, 3];
        float[] weight = [1, 1, 1, 2, 2, -1];
        using var bufferX = device.Upload(x);
        using var packed = PackedMatrix.Create(device.Kernels, WeightRows.Of(weight, 2, 3));
        using var y = device.Accelerator.Allocate1D<float>(6);
        device.Kernels.MatMul.Run(device.Stream, bufferX.View, packed, y.View, 3);
        Assert.Equal([float.NaN, float.NaN, float.PositiveInfinity, float.PositiveInfinity, 6, 3], y.GetAsArray1D());
    }

    private static TheoryData<int, int> MakeCases()
    {
        var cases = new TheoryData<int, int>();
        foreach (var kind in MatMulCpuKinds.Runnable)
        {
            for (var shape = 0; shape < Shapes.Length; shape++)
            {
                cases.Add((int)kind, shape);
            }
        }

        return cases;
    }

    private static float[] Run(MatMulCase work, MatMulCpuKind kind, int threads, PackedMatrix? weight = null)
    {
        using var y = work.Output();
        var args = work.Args(y);
        weight?.AttachTo(ref args);
        var converted = MatMulCpu.ConvertStandard(args, kind);
        converted.Threads = threads;
        Walk(converted);
        return y.Read();
    }

    /// <summary>A few rows of the case, as if there were no others.</summary>
    private static float[] Run(
        MatMulCase work, MatMulCpuKind kind, int threads, PackedMatrix? weight, int first, int rows)
    {
        using var y = work.Output();
        var args = work.Args(y);
        weight?.AttachTo(ref args);
        var converted = MatMulCpu.ConvertStandard(args, kind);
        converted.Threads = threads;
        converted.X.Data = converted.X.Row(first);
        converted.Gate.Data = converted.Gate.Row(first);
        converted.Residual.Data = converted.Residual.Row(first);
        converted.Y.Data = converted.Y.Row(first);
        converted.Rows.Capacity = rows;
        Walk(converted);
        var all = y.Read();
        Assert.All(all[..(first * args.N)], value => Assert.True(float.IsNaN(value)));
        Assert.All(all[((first + rows) * args.N)..], value => Assert.True(float.IsNaN(value)));
        return all[(first * args.N)..((first + rows) * args.N)];
    }

    private static void Walk(MatMulCpuArgs args)
    {
        var step = new CpuStep(&MatMulCpu.TileCount, &MatMulCpu.Tile, &args);
        CpuPool.Shared.Walk(&step, 1);
    }
}

/// <summary>The tilings that this processor can run; those of 128 bits run everywhere.</summary>
internal static class MatMulCpuKinds
{
    public static IEnumerable<MatMulCpuKind> Runnable => Enum.GetValues<MatMulCpuKind>().Where(kind => kind switch
    {
        MatMulCpuKind.Avx512 => DeviceTraits.WidestSimd >= 512,
        MatMulCpuKind.Avx2 => DeviceTraits.WidestSimd >= 256,
        _ => true,
    });
}
