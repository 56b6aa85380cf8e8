using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The soft cap against float64, on every kind of device and with every register width.</summary>
public sealed class SoftCapTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    private const float Cap = 30f;

    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    public static TheoryData<int> Widths => SimdWidths.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesFloat64(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<SoftCapArgs>(device, device.Kernels.SoftCap);
        foreach (var (rows, width) in new[] { (1, 1), (2, 4), (3, 5), (2, 31), (2, 129) })
        {
            foreach (var place in new[] { new Place(true), new Place(false) })
            {
                using var x = place.Input(device, Data.WithOutliers(rows * width, width), rows, width);
                GuardedOutput? y = null;
                sweep.Each(
                    () => Arguments(x, y = place.Output(device, rows, width), rows, width),
                    name =>
                    {
                        Tolerance.Close(Expected(x.Values), y!.Read(), Tolerances.SoftCap, name);
                        y.Dispose();
                    });
            }
        }

        sweep.AssertAllRan();
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void EveryRegisterWidthMatchesFloat64(int bits)
    {
        var device = devices[TestDeviceKind.Default];
        foreach (var (rows, width) in new[] { (1, 1), (3, 7), (2, 16), (2, 17), (5, 33), (400, 65) })
        {
            using var x = new PaddedInput(device, Data.WithOutliers(rows * width, width), rows, width, 3, width + 1);
            using var y = new GuardedOutput(device, rows, width, width + 2);
            device.Kernels.SoftCap.RunVariant(device.Stream, Arguments(x, y, rows, width), SoftCapCpu.ForWidth(bits));
            Tolerance.Close(Expected(x.Values), y.Read(), Tolerances.SoftCap, $"{bits} {rows}x{width}");
        }
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        var device = devices[TestDeviceKind.Default];
        using var memory = device.Upload(new float[12]);
        Refused("x needs 15 elements", d => d.Run(device.Stream, memory.View, memory.View, 3, 5, 1f));
        Refused("cap must be above 0", d => d.Run(device.Stream, memory.View, memory.View, 3, 4, 0f));
        Refused("cap must be finite", d => d.Run(device.Stream, memory.View, memory.View, 3, 4, float.NaN));

        void Refused(string part, Action<SoftCap> run)
        {
            var error = Assert.Throws<ShapeException>(() => run(device.Kernels.SoftCap));
            Assert.StartsWith("SoftCap: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static double[] Expected(float[] values) => [.. values.Select(v => ReferenceActivation.SoftCap(v, Cap))];

    private static SoftCapArgs Arguments(PaddedInput x, GuardedOutput y, int rows, int width) => new()
    {
        X = x.View,
        Y = y.View,
        Width = width,
        Cap = Cap,
        Rows = ActiveRows.Fixed(rows),
    };
}
