using System.Runtime.Intrinsics;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The SIMD activations at each width, and the CPU variant over rows.</summary>
public sealed unsafe class ActivationCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<int, ActivationKind> Cases { get; } = MakeCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void MatchesFloat64(int bits, ActivationKind kind)
    {
        var x = new float[20_011];
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = (i - 10_005) * 0.0015f;
        }

        var y = Map(bits, x, kind);
        for (var i = 0; i < x.Length; i++)
        {
            // 3e-7 of exp, erf and tanh, doubled by the quotient; the rounded argument of an exponential times its size;
            // what 1 + erf loses near -1, 2 ulp of 1; what the reference loses; and 0 where an exponential overflows.
            var expected = ReferenceActivation.Apply(x[i], kind);
            var argument = kind switch
            {
                ActivationKind.GeluTanh => 1.6 * (Math.Abs(x[i]) + 0.0447 * Math.Pow(Math.Abs(x[i]), 3)),
                ActivationKind.GeluQuick => 1.702 * Math.Abs(x[i]),
                _ => 0,
            };
            var allowed = (6e-7 + 2.4e-7 * argument) * Math.Abs(expected) + (1e-38 + (kind == ActivationKind.GeluTanh ? 1e-15 : 0)) * Math.Abs(x[i])
                + (kind == ActivationKind.GeluErf ? 1.2e-7 * Math.Abs(x[i]) : 0);
            if (!(Math.Abs(y[i] - expected) <= allowed))
            {
                Assert.Fail($"{kind}({x[i]:G9}) = {y[i]:G9}, expected {expected:G9}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void BitsDoNotDependOnThePlace_AndNaNStays(int bits, ActivationKind kind)
    {
        var x = Data.WithOutliers(301, 5);
        x[100] = float.NaN;
        var y = Map(bits, x, kind);
        Assert.True(float.IsNaN(y[100]));
        for (var from = 1; from < 40; from++)
        {
            Tolerance.SameBits(y[from..], Map(bits, x[from..], kind), $"from {from}");
            Tolerance.SameBits(y[..from], Map(bits, x[..from], kind), $"the first {from}");
        }
    }

    [Theory]
    [InlineData(ActivationKind.GeluErf)]
    [InlineData(ActivationKind.GeluTanh)]
    [InlineData(ActivationKind.GeluQuick)]
    [InlineData(ActivationKind.Silu)]
    [InlineData(ActivationKind.Tanh)]
    [InlineData(ActivationKind.Sigmoid)]
    public void EveryWidthHasTheSameBits(ActivationKind kind)
    {
        float[] x =
        [
            .. Enumerable.Range(-150_000, 300_001).Select(i => i * 1e-4f), .. Data.WithOutliers(301, 7), 1e-40f, -1e-40f, 1e-20f, -1e-20f,
            -0f, -9.75f, -9.9f, -50f, -86f, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity,
        ];
        var expected = Map(128, x, kind);
        foreach (var bits in SimdWidths.Available)
        {
            Tolerance.SameBits(expected, Map(bits, x, kind), $"{kind}, {bits} bits beside 128");
        }
    }

    [Theory]
    [InlineData(ActivationKind.GeluErf)]
    [InlineData(ActivationKind.GeluTanh)]
    [InlineData(ActivationKind.GeluQuick)]
    [InlineData(ActivationKind.Silu)]
    public void GatesEndInTheirLimits(ActivationKind kind)
    {
        foreach (var bits in SimdWidths.Available)
        {
            var y = Map(bits, [float.PositiveInfinity, float.MaxValue, 100f, -100f, float.MinValue, float.NegativeInfinity, 0f], kind);
            Assert.Equal([float.PositiveInfinity, float.MaxValue, 100f], y[..3]);
            Assert.All(y[3..], value => Assert.InRange(value, -1e-33f, 0f));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 33)]
    [InlineData(300, 130)]
    [InlineData(3, 20_000)]
    public void Rows_WithOffsetsAndStrides(int rows, int width)
    {
        var device = devices[TestDeviceKind.Default];
        var values = Data.WithOutliers((rows + 2) * width, 6);
        using var x = new PaddedInput(device, values, rows + 2, width, 3, width + 5);
        using var y = new GuardedOutput(device, rows + 2, width, width + 3);
        using var state = device.Upload([rows]);
        ActivationCpu.Variant.Run(CpuPool.Shared, new ActivationArgs
        {
            X = x.View,
            Y = y.View,
            Width = width,
            Rows = ActiveRows.FromState(state.View, 0, rows + 2),
            Activation = (int)ActivationKind.Silu,
        });
        var expected = values.Select((value, i) => i < rows * width
            ? ReferenceActivation.Apply(value, ActivationKind.Silu) : double.NaN).ToArray();

        // As above; outliers reach -110, and the gate is cut off at e^-86.
        Tolerance.Close(expected, y.Read(), 86 * 4.5e-38, 6e-7, "silu");
    }

    private static TheoryData<int, ActivationKind> MakeCases()
    {
        var cases = new TheoryData<int, ActivationKind>();
        foreach (var bits in SimdWidths.Available)
        {
            foreach (var kind in Enum.GetValues<ActivationKind>())
            {
                cases.Add(bits, kind);
            }
        }

        return cases;
    }

    private static float[] Map(int bits, float[] x, ActivationKind kind)
    {
        var y = new float[x.Length];
        fixed (float* from = x, to = y)
        {
            switch (bits)
            {
                case 512:
                    ActivationCpu.Map<Simd512, Vector512<float>>(from, to, x.Length, (int)kind);
                    break;
                case 256:
                    ActivationCpu.Map<Simd256, Vector256<float>>(from, to, x.Length, (int)kind);
                    break;
                default:
                    ActivationCpu.Map<Simd128, Vector128<float>>(from, to, x.Length, (int)kind);
                    break;
            }
        }

        return y;
    }
}
