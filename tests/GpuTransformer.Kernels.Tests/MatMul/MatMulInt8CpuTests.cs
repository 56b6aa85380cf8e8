using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU matmul with 8-bit activations: the bits of the formula, for every tiling, instruction set, encoding,
/// number of rows and threads.</summary>
public sealed unsafe class MatMulInt8CpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    private static readonly WeightEncoding[] Encodings =
        [WeightEncoding.Q8_0, WeightEncoding.Q4_0, WeightEncoding.Q4_1, WeightEncoding.Q4_K, WeightEncoding.Q6_K];

    /// <summary>Around tiles of 4, 6 and 8 rows, panels and registers of every tiling, and pieces of 24 blocks of k; K in
    /// units of a stored block.</summary>
    private static readonly (int M, int N, int Blocks)[] Shapes =
    [
        (1, 1, 1), (1, 49, 5), (1, 200, 3), (2, 96, 2), (3, 97, 1), (4, 17, 2), (5, 50, 3), (6, 145, 1), (7, 16, 2),
        (8, 48, 2), (9, 95, 1), (16, 33, 1), (17, 95, 2), (64, 12, 4), (129, 31, 1),
    ];

    public static TheoryData<int, string, WeightEncoding> Cases { get; } = MakeCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void HasTheBitsOfTheFormula(int kind, string instructions, WeightEncoding encoding)
    {
        for (var i = 0; i < Shapes.Length; i++)
        {
            var (m, n, blocks) = Shapes[i];
            Compare(kind, instructions, m, n, new EncodedSource(encoding, n, blocks * EncodedSource.ElementsOf(encoding), i), i);
        }

        // Two pieces of k for many rows.
        Compare(kind, instructions, 11, 50, new EncodedSource(encoding, 50, 1024, 99), 99);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ARowsBits_DependOnNothingElse(int kind, string instructions, WeightEncoding encoding)
    {
        const int M = 77, N = 101, K = 1280;
        using var weight = Pack(kind, new EncodedSource(encoding, N, K, 5));
        var x = Data.WithOutliers(M * K, 6);
        var expected = Run(weight, instructions, x, 1);
        Tolerance.SameBits(expected, Run(weight, instructions, x, 2), "two threads");
        Tolerance.SameBits(expected, Run(weight, instructions, x, 64), "cut for 64 threads");
        foreach (var (first, rows) in new[] { (0, 1), (76, 1), (7, 2), (8, 3), (33, 4), (5, 5), (11, 8), (20, 9), (1, 70) })
        {
            var part = Run(weight, instructions, x[(first * K)..((first + rows) * K)], 2);
            Tolerance.SameBits(expected[(first * N)..((first + rows) * N)], part, $"rows {first} and {rows - 1} more");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void NaNAndInfinity_MakeTheirRowsNaN(int kind, string instructions, WeightEncoding encoding)
    {
        const int M = 12, N = 50, K = 256;
        using var weight = Pack(kind, new EncodedSource(encoding, N, K, 5));
        var x = Data.WithOutliers(M * K, 6);
        x.AsSpan(0, K).Clear();
        x.AsSpan(9 * K, K).Fill(float.Epsilon);
        var clean = Run(weight, instructions, x, 1);
        Assert.All(clean[..N], value => Assert.Equal(0f, value));
        Assert.All(clean[(9 * N)..(10 * N)], value => Assert.Equal(0f, value));
        x[3 * K + 17] = float.NaN;
        x[7 * K] = float.NegativeInfinity;
        x[8 * K + K - 1] = float.PositiveInfinity;
        foreach (var rows in new[] { M, 8 })
        {
            var y = Run(weight, instructions, x[((M - rows) * K)..], 1);
            for (var i = 0; i < y.Length; i++)
            {
                var row = i / N + M - rows;
                var expected = row is 3 or 7 or 8 ? float.NaN : clean[row * N + i % N];
                Assert.Equal(expected, y[i]);
            }
        }
    }

    [Theory]
    [InlineData(WeightEncoding.Q8_0, 0.009)]
    [InlineData(WeightEncoding.Q4_0, 0.12)]
    public void IsNearFloat32_ForWeightsFromNumbers(WeightEncoding encoding, double largest)
    {
        // K not of whole blocks. 8 bits of x alone make about 0.005, 8 bits of the weight as much, 4 bits about 0.1.
        var device = devices[TestDeviceKind.Default];
        const int M = 9, N = 100, K = 777;
        var source = WeightRows.Of(Data.Normal(N * K, 2), N, K);
        using var narrow = PackedMatrix.Create(device.Kernels, encoding, ActivationEncoding.Int8, source);
        using var rounded = PackedMatrix.Create(device.Kernels, encoding, source);
        using var wide = PackedMatrix.Create(device.Kernels, source);
        Assert.Equal((encoding, ActivationEncoding.Int8), (narrow.Encoding, narrow.Activations));
        var x = Data.Normal(M * K, 1);
        var y = Launch(narrow, x);
        Assert.InRange(Distance(Launch(wide, x), y), 1e-4, largest);
        Assert.InRange(Distance(Launch(rounded, x), y), 1e-4, 0.007);
    }

    [Fact]
    public void EpilogueBatchAndRowsInUse_AreThoseOfOtherWeights()
    {
        // Blocks with an outlier round their other numbers coarsely; wrong rows would be a distance of 1.4.
        var layout = new MatMulLayout
        {
            Batch = 3,
            SharedWeight = true,
            ActiveRows = 7,
            Aligned = false,
            Epilogue = true,
            Activation = ActivationKind.Silu,
        };
        using var work = new MatMulCase(devices[TestDeviceKind.Default], 9, 50, 64, layout);
        using var weight = PackedMatrix.CreatePanels(
            MatMulCpuEngine.Best, WeightEncoding.Q8_0, ActivationEncoding.Int8, work.Weight);
        using var rounded = PackedMatrix.CreatePanels(
            MatMulCpuEngine.Best, WeightEncoding.Q8_0, ActivationEncoding.F32, work.Weight);
        var (expected, actual) = (Run(work, rounded), Run(work, weight));
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(float.IsNaN(expected[i]), float.IsNaN(actual[i]));
        }

        Assert.InRange(
            Distance([.. expected.Where(value => !float.IsNaN(value))], [.. actual.Where(value => !float.IsNaN(value))]), 1e-5, 0.15);
    }

    [Fact]
    public void OtherEncodings_KeepFloat32Activations()
    {
        var kernels = devices[TestDeviceKind.Default].Kernels;
        foreach (var encoding in new[] { WeightEncoding.F32, WeightEncoding.F16, WeightEncoding.BF16, WeightEncoding.Q4_1 })
        {
            using var packed = PackedMatrix.Create(kernels, encoding, ActivationEncoding.Int8, WeightRows.Of(new float[64], 2, 32));
            Assert.Equal(ActivationEncoding.F32, packed.Activations);
        }

        var naive = new KernelSet(devices[TestDeviceKind.Default].Accelerator, VariantKind.Naive);
        using var rows = PackedMatrix.Create(naive, WeightEncoding.Q8_0, ActivationEncoding.Int8, WeightRows.Of(new float[64], 2, 32));
        Assert.Equal(ActivationEncoding.F32, rows.Activations);
    }

    private static double Distance(float[] expected, float[] actual)
    {
        var (error, size) = (0d, 0d);
        for (var i = 0; i < expected.Length; i++)
        {
            error += Math.Pow((double)expected[i] - actual[i], 2);
            size += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(error / size);
    }

    private static TheoryData<int, string, WeightEncoding> MakeCases()
    {
        var cases = new TheoryData<int, string, WeightEncoding>();
        foreach (var kind in MatMulCpuKinds.Runnable)
        {
            foreach (var instructions in InstructionsOf(kind))
            {
                foreach (var encoding in Encodings)
                {
                    cases.Add((int)kind, instructions, encoding);
                }
            }
        }

        return cases;
    }

    private static IEnumerable<string> InstructionsOf(MatMulCpuKind kind)
    {
        var is128 = kind is MatMulCpuKind.Sse or MatMulCpuKind.AdvSimd;
        return Enum.GetValues<Int8Instructions>()
            .Where(instructions => instructions switch
            {
                Int8Instructions.AvxVnni => AvxVnni.IsSupported && !is128,
                Int8Instructions.ArmDot => Dp.IsSupported && is128,
                _ => true,
            })
            .Select(instructions => instructions.ToString())
            .Concat(is128 ? ["Words"] : []);
    }

    private static PackedMatrix Pack(int kind, EncodedSource source) => PackedMatrix.CreatePanels(
        (MatMulCpuKind)kind, source.StoredEncoding, ActivationEncoding.Int8, source);

    private void Compare(int kind, string instructions, int m, int n, EncodedSource source, int seed)
    {
        var x = Data.WithOutliers(m * source.K, seed + 1);
        using var weight = Pack(kind, source);
        var y = Run(weight, instructions, x, seed % 3 + 1);
        var (expected, exact, allowed) = (new float[m * n], new double[m * n], new double[m * n]);
        for (var i = 0; i < m * n; i++)
        {
            var (sum, inFull, magnitude) = Int8Reference.Output(
                x.AsSpan(i / n * source.K, source.K), source.StoredEncoding, source.StoredBytes(i % n, 0, source.K));
            (expected[i], exact[i]) = (sum, inFull);

            // One rounding for each of at most three additions of 32 k.
            allowed[i] = magnitude * 3 * (source.K / 32 + 1) / (1 << 24);
        }

        var what = $"{source.StoredEncoding} {m} x {n} x {source.K}";
        Tolerance.Within(exact, allowed, y, what);
        if (Fma.IsSupported || AdvSimd.IsSupported)
        {
            Tolerance.SameBits(expected, y, what);
        }
    }

    private float[] Launch(PackedMatrix weight, float[] x)
    {
        var device = devices[TestDeviceKind.Default];
        using var bufferX = device.Upload(x);
        using var y = device.Accelerator.Allocate1D<float>(x.Length / weight.K * weight.N);
        device.Kernels.MatMul.Run(device.Stream, bufferX.View, weight, y.View, x.Length / weight.K);
        return y.GetAsArray1D();
    }

    private float[] Run(PackedMatrix weight, string instructions, float[] x, int threads)
    {
        var device = devices[TestDeviceKind.Default];
        var rows = x.Length / weight.K;
        using var bufferX = device.Upload(x);
        using var y = new GuardedOutput(device, rows, weight.N, weight.N + 3, 63);
        var args = MatMul.Dense(bufferX.View, default, y.View.Data, rows, weight.N, weight.K, StandardEpilogue.None);
        args.Y = y.View;
        weight.AttachTo(ref args);
        var converted = MatMulCpu.ConvertStandard(args);
        Assert.True(converted.IsInt8);
        converted.Int8 = instructions == "Words"
            ? Int8Engine.OfWords(converted.Engine.Kind, weight.Encoding)
            : Int8Engine.Of(converted.Engine.Kind, weight.Encoding, Enum.Parse<Int8Instructions>(instructions));
        converted.Threads = threads;
        Walk(converted);
        return y.Read();
    }

    private static float[] Run(MatMulCase work, PackedMatrix weight)
    {
        using var y = work.Output();
        var args = work.Args(y);
        weight.AttachTo(ref args);
        Walk(MatMulCpu.ConvertStandard(args));
        return y.Read();
    }

    private static void Walk(MatMulCpuArgs args)
    {
        var step = new CpuStep(&MatMulCpu.TileCount, &MatMulCpu.Tile, &args);
        CpuPool.Shared.Walk(&step, 1);
    }
}
