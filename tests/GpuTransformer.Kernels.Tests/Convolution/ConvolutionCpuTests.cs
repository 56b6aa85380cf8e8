using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU convolution in each tiling that this processor can run, packed and from views.</summary>
public sealed unsafe class ConvolutionCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<int> Kinds { get; } = new(MatMulCpuKinds.Runnable.Select(kind => (int)kind));

    private TestDevice Device => devices[TestDeviceKind.Default];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void HasTheBitsOfAMatmulOverRows(int kind)
    {
        foreach (var shape in KernelCase.All)
        {
            Verify(shape, 5, (MatMulCpuKind)kind);
            Verify(shape with { Planes = true }, 50, (MatMulCpuKind)kind);
        }

        foreach (var shape in PatchCase.All)
        {
            Verify(shape, 49, (MatMulCpuKind)kind);
        }

        // Several blocks of rows and several groups of panels; k of more than one pass.
        Verify(new KernelCase(2, 23, 17, 33, 3, 3, 1, 1, 1), 150, (MatMulCpuKind)kind);
        Verify(new KernelCase(1, 15, 14, 90, 3, 3, 1, 1, 1), 110, (MatMulCpuKind)kind);
        Verify(new PatchCase(3, 3, 113, 98, 14, 14), 200, (MatMulCpuKind)kind);
    }

    /// <summary>What a thread has gathered is another run's; its memory holds that when the pixels have changed.</summary>
    [Fact]
    public void EachRunSeesItsOwnPixels()
    {
        var shape = new PatchCase(1, 3, 64, 64, 16, 16);
        const int outputs = 100;
        var width = shape.Geometry.RowWidth;
        var (first, second) = (Data.Normal(shape.Elements, 1), Data.Normal(shape.Elements, 2));
        var weight = Data.Normal(outputs * width, 3);
        using var x = Device.Upload(first);
        using var w = Device.Upload(weight);
        using var y = Device.Accelerator.Allocate1D<float>(shape.Rows * outputs);
        var args = new ConvolutionArgs
        {
            X = x.View,
            Image = shape.Geometry,
            Product = MatMul.Dense(default, w.View, y.View, shape.Rows, outputs, width, StandardEpilogue.None),
        };
        using var bound = Device.Kernels.Convolution.Bind(args);
        foreach (var values in new[] { first, second, first })
        {
            x.CopyFromCPU(values);
            bound.Launch(Device.Stream);

            // Sums of 768 products of size 1: 30 · 768 · 2^-25 at most.
            Tolerance.Close(shape.Convolved(values, weight, outputs), y.GetAsArray1D(), 7e-4, 0, "pixels");
        }
    }

    private void Verify(ConvolutionCase shape, int outputs, MatMulCpuKind kind)
    {
        var width = shape.Geometry.RowWidth;
        var values = Data.Normal(shape.Images * shape.Elements, 1);
        var weight = Data.Normal(outputs * width, 2);
        var bias = Data.Normal(outputs, 3);
        using var x = new PaddedInput(Device, values, 1, values.Length, offset: 5);
        using var w = Device.Upload(weight);
        using var b = Device.Upload(bias);
        using var packed = PackedMatrix.CreatePanels(kind, WeightRows.Of(weight, outputs, width));
        using var rows = Device.Upload(Array.ConvertAll(shape.Unfolded(values), value => (float)value));
        using var y = Device.Accelerator.Allocate1D<float>(shape.Rows * outputs);
        var product = MatMul.Dense(rows.View, w.View, y.View, shape.Rows, outputs, width, StandardEpilogue.None with
        {
            Bias = b.View,
            HasBias = 1,
            Activation = (int)ActivationKind.Relu,
        });
        var multiplied = MatMulCpu.ConvertStandard(product, kind);
        Walk(multiplied, &MatMulCpu.TileCount, &MatMulCpu.Tile);
        var expected = y.GetAsArray1D();

        var args = new ConvolutionArgs { X = x.View.Data, XOffset = 5, Image = shape.Geometry, Product = product };
        foreach (var threads in new[] { 1, 2, 64 })
        {
            foreach (var isPacked in new[] { false, true })
            {
                if (isPacked)
                {
                    packed.AttachTo(ref args.Product);
                }

                using var output = new GuardedOutput(Device, shape.Rows, outputs, outputs + 3);
                args.Product.Y = output.View;
                var converted = ConvolutionCpu.Convert(args, kind);
                converted.Product.Threads = threads;
                Walk(converted, &ConvolutionCpu.TileCount, &ConvolutionCpu.Tile);
                Tolerance.SameBits(expected, output.Read(), $"{shape.Name} to {outputs}, {threads} threads, packed {isPacked}");
            }

            args.Product = product;
        }

        // The first positions alone.
        args.Product.Rows = ActiveRows.Fixed((shape.Rows + 1) / 2);
        using var half = new GuardedOutput(Device, shape.Rows, outputs);
        args.Product.Y = half.View;
        Walk(ConvolutionCpu.Convert(args, kind), &ConvolutionCpu.TileCount, &ConvolutionCpu.Tile);
        var found = half.Read();
        var used = (shape.Rows + 1) / 2 * outputs;
        Tolerance.SameBits(expected[..used], found[..used], $"{shape.Name}, half of the positions");
        Assert.All(found[used..], value => Assert.True(float.IsNaN(value)));
    }

    /// <summary>Runs on this thread and on those of a pool.</summary>
    private static void Walk<TArgs>(TArgs args, delegate*<void*, int> tileCount, delegate*<void*, int, void> tile)
        where TArgs : unmanaged
    {
        var step = new CpuStep(tileCount, tile, &args);
        CpuPool.Shared.Walk(&step, 1);
    }
}
