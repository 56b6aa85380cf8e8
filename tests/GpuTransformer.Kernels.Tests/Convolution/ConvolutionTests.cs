using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The convolution as an implicit matmul, against float64 and against a matmul over rows in memory.</summary>
public sealed class ConvolutionTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    // A sum of k products of size 1 reaches √k on its way and is rounded k times by √k · 2^-25: k · 3e-8 at random.
    private const double AbsoluteOfEach = 2.5e-7;
    private const double Absolute = 1e-5;

    /// <summary>More than a chunk of k, in one tile (split on one multiprocessor) and in six.</summary>
    private static readonly KernelCase[] s_long =
        [new(1, 5, 6, 40, 3, 3, 1, 1, 1), new(2, 5, 13, 32, 3, 3, 1, 1, 1), new(1, 6, 5, 37, 3, 3, 2, 1, 1)];

    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesTheReference(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<ConvolutionArgs>(device, device.Kernels.Convolution);
        foreach (var shape in KernelCase.All)
        {
            Verify(device, sweep, shape, outputs: 5, new Place(true));
            Verify(device, sweep, shape with { Planes = true }, outputs: 17, new Place(false));
            Verify(device, sweep, shape with { Planes = true }, outputs: 4, new Place(true));
        }

        foreach (var shape in s_long)
        {
            Verify(device, sweep, shape, outputs: 70, new Place(true));
            Verify(device, sweep, shape, outputs: 70, new Place(false));
            Verify(device, sweep, shape with { Planes = true }, outputs: 3, new Place(true));
        }

        Verify(device, sweep, s_long[1] with { Planes = true }, outputs: 70, new Place(true));
        sweep.AssertAllOfTheDeviceRan();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PatchesAreAConvolution(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<ConvolutionArgs>(device, device.Kernels.Convolution);
        foreach (var shape in PatchCase.All)
        {
            Verify(device, sweep, shape, outputs: 6, new Place(true));
            Verify(device, sweep, shape, outputs: 3, new Place(false));
        }
    }

    [Fact]
    public void PatchesAreReadFourAtATimeWhereTheyAllowIt()
    {
        Assert.True(ConvolutionGeometry.Patches(3, 224, 224, 16, 16).IsAligned);
        Assert.True(ConvolutionGeometry.Patches(3, 30, 40, 16, 16).IsAligned);
        Assert.False(ConvolutionGeometry.Patches(3, 224, 224, 14, 14).IsAligned);
        Assert.False(ConvolutionGeometry.Patches(3, 224, 226, 16, 16).IsAligned);
    }

    [Theory]
    [InlineData("patchHeight", 3, 8, 8, 9, 8)]
    [InlineData("patchWidth", 3, 8, 8, 8, 9)]
    [InlineData("patchWidth", 3, 8, 8, 8, 0)]
    [InlineData("channels", 0, 8, 8, 8, 8)]
    [InlineData("width", 1, 8, 0, 8, 8)]
    [InlineData("height · width", 3, 1 << 15, 1 << 15, 16, 16)]
    public void PatchesThatDoNotFitAreRefused(string part, int channels, int height, int width, int patchHeight, int patchWidth)
    {
        var error = Assert.Throws<ShapeException>(() => ConvolutionGeometry.Patches(channels, height, width, patchHeight, patchWidth));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BiasActivationAndResidualComeAfterTheSumAndUnusedPositionsAreLeft()
    {
        var device = devices[TestDeviceKind.Intel];
        var sweep = new VariantSweep<ConvolutionArgs>(device, device.Kernels.Convolution);
        var shape = new KernelCase(2, 6, 5, 4, 3, 3, 2, 1, 1);
        const int outputs = 7, active = 11;
        var (values, weight) = (Data.Normal(2 * 6 * 5 * 4, 1), Data.Normal(outputs * shape.Geometry.RowWidth, 2));
        var (bias, residual) = (Data.Normal(outputs, 3), Data.Normal(shape.Rows * outputs, 4));
        var expected = shape.Convolved(values, weight, outputs);
        for (var i = 0; i < expected.Length; i++)
        {
            expected[i] = Math.Max(0, expected[i] + bias[i % outputs]) + residual[i];
        }

        using var x = device.Upload(values);
        using var w = device.Upload(weight);
        using var b = device.Upload(bias);
        using var r = device.Upload(residual);
        using var state = device.Upload([active]);
        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y = new GuardedOutput(device, shape.Rows, outputs);
                var args = Arguments(shape, 0, RowView.Dense(x.View, 1), RowView.Dense(w.View, shape.Geometry.RowWidth), y.View, outputs);
                args.Product.Rows = ActiveRows.FromState(state.View, 0, shape.Rows);
                args.Product.Epilogue = StandardEpilogue.None with
                {
                    Bias = b.View,
                    HasBias = 1,
                    Activation = (int)ActivationKind.Relu,
                    Residual = RowView.Dense(r.View, outputs),
                    HasResidual = 1,
                };
                return args;
            },
            name =>
            {
                var rows = y!.Read();
                Tolerance.Close(expected[..(active * outputs)], rows[..(active * outputs)], Absolute, 0, name);
                Assert.All(rows[(active * outputs)..], value => Assert.True(float.IsNaN(value), name));
                y.Dispose();
            });
    }

    [Fact]
    public void TheFriendlyOverloadRunsAndWrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        var shape = new KernelCase(2, 4, 4, 3, 3, 3, 1, 1, 1);
        const int outputs = 2;
        var (values, weight) = (Data.Normal(2 * 4 * 4 * 3, 1), Data.Normal(outputs * shape.Geometry.RowWidth, 2));
        using var x = device.Upload(values);
        using var w = device.Upload(weight);
        using var y = device.Accelerator.Allocate1D<float>(shape.Rows * outputs);
        var convolution = device.Kernels.Convolution;
        convolution.Run(device.Stream, x.View, w.View, default, y.View, 2, 4, 4, 3, outputs, 3, 1, 1);
        device.Stream.Synchronize();
        Tolerance.Close(shape.Convolved(values, weight, outputs), y.GetAsArray1D(), Absolute, 0, "overload");

        Refused("x needs", () => convolution.Run(device.Stream, x.View.SubView(1, 95), w.View, default, y.View, 2, 4, 4, 3, outputs, 3, 1, 1));
        Refused("weight needs", () => convolution.Run(device.Stream, x.View, w.View.SubView(1, 53), default, y.View, 2, 4, 4, 3, outputs, 3, 1, 1));
        Refused("y needs", () => convolution.Run(device.Stream, x.View, w.View, default, y.View.SubView(1, 63), 2, 4, 4, 3, outputs, 3, 1, 1));
        Refused("bias needs", () => convolution.Run(device.Stream, x.View, w.View, w.View.SubView(0, 1), y.View, 2, 4, 4, 3, outputs, 3, 1, 1));
        Refused("strideHeight", () => convolution.Run(device.Stream, x.View, w.View, default, y.View, 2, 4, 4, 3, outputs, 3, 0, 1));
        var args = Arguments(shape, 0, RowView.Dense(x.View, 1), RowView.Dense(w.View, shape.Geometry.RowWidth), RowView.Dense(y.View, outputs), outputs);
        args.Product.K--;
        Refused("(outputs, 27)", () => convolution.Run(device.Stream, args));
        args.Product.K++;
        var image = args.Image;
        foreach (var (part, wrong) in ((string, ConvolutionGeometry)[])
            [
                ("kernelHeight", image with { KernelHeight = 0 }), ("paddingHeight", image with { PaddingHeight = -1 }),
                ("dilationWidth", image with { DilationWidth = 0 }), ("outHeight", image with { KernelHeight = 7, PaddingHeight = 0 }),
                ("outWidth", image with { OutWidth = 5 }), ("each stride", image with { LineStride = -1 }), ("channels", image with { Channels = 0 }),
                ("x needs", image with { ImageStride = 49 }),
            ])
        {
            args.Image = wrong;
            Refused(part, () => convolution.Run(device.Stream, args));
        }
    }

    private static void Refused(string part, Action run)
    {
        var error = Assert.Throws<ShapeException>(run);
        Assert.StartsWith("Convolution: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static ConvolutionArgs Arguments(
        ConvolutionCase shape, int gap, RowView x, RowView weight, RowView y, int outputs) => new()
        {
            X = x.Data,
            XOffset = x.Offset,
            Image = shape.Geometry with { ImageStride = shape.Elements + gap },
            Product = MatMul.Dense(default, default, default, shape.Rows, outputs, shape.Geometry.RowWidth, StandardEpilogue.None) with
            {
                Weight = weight,
                Y = y,
            },
        };

    private static void Verify(
        TestDevice device, VariantSweep<ConvolutionArgs> sweep, ConvolutionCase shape, int outputs, Place place)
    {
        var width = shape.Geometry.RowWidth;
        var (values, weightValues) = (Data.Normal(shape.Images * shape.Elements, 1), Data.Normal(outputs * width, 2));
        var gap = place.Aligned ? 4 : 1;
        using var x = new PaddedInput(device, values, shape.Images, shape.Elements, place.Offset, shape.Elements + gap);
        using var weight = new PaddedInput(device, weightValues, outputs, width, place.Offset, place.Stride(width));
        var expected = shape.Convolved(values, weightValues, outputs);
        var (bits, cpuBits) = Multiplied(device, shape, values, weightValues, outputs);
        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y = new GuardedOutput(device, shape.Rows, outputs, place.Stride(outputs));
                return Arguments(shape, gap, x.View, weight.View, y.View, outputs);
            },
            name =>
            {
                var found = y!.Read();
                Tolerance.Close(expected, found, Absolute + width * AbsoluteOfEach, 0, $"{name} {shape.Name}");
                Tolerance.SameBits(
                    name == ConvolutionCpu.Variant.Name ? cpuBits : bits, found, $"{name} {shape.Name} against rows and matmul");
                y.Dispose();
            });
    }

    /// <summary>The way over rows in memory, naive and on the CPU.</summary>
    private static (float[] Naive, float[] Cpu) Multiplied(
        TestDevice device, ConvolutionCase shape, float[] values, float[] weight, int outputs)
    {
        using var rows = device.Upload(Array.ConvertAll(shape.Unfolded(values), value => (float)value));
        using var w = device.Upload(weight);
        using var y = device.Accelerator.Allocate1D<float>(shape.Rows * outputs);
        var matMul = device.Kernels.MatMul;
        return (Run(matMul.Table[0]), Run(matMul.Table[^1]));

        float[] Run(Variant<MatMulArgs<StandardEpilogue>> variant)
        {
            matMul.RunVariant(
                device.Stream,
                MatMul.Dense(rows.View, w.View, y.View, shape.Rows, outputs, shape.Geometry.RowWidth, StandardEpilogue.None),
                variant);
            device.Stream.Synchronize();
            return y.GetAsArray1D();
        }
    }
}
