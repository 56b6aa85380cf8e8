using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU variant of cutting images into patches.</summary>
public sealed class PatchCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    [Theory]
    [InlineData(1, 1, 1, 1, 1, 1)]
    [InlineData(2, 3, 6, 8, 3, 2)]
    [InlineData(1, 2, 7, 5, 7, 5)]
    [InlineData(2, 1, 4, 36, 1, 9)]
    public void EveryPixelGoesToItsPlace(int images, int channels, int height, int width, int patchHeight, int patchWidth)
    {
        var device = devices[TestDeviceKind.Default];
        var (patchRows, patchColumns) = (height / patchHeight, width / patchWidth);
        var (rows, columns) = (images * patchRows * patchColumns, channels * patchHeight * patchWidth);
        using var pixels = new PaddedInput(device, Data.Normal(rows * columns, 1), 1, rows * columns, offset: 5);
        using var y = new GuardedOutput(device, rows, columns, columns + 3);
        var args = new PatchArgs
        {
            Pixels = pixels.View.Data,
            PixelsOffset = 5,
            Y = y.View,
            Images = ActiveRows.Fixed(images),
            Channels = channels,
            Height = height,
            Width = width,
            PatchHeight = patchHeight,
            PatchWidth = patchWidth,
        };
        device.Kernels.Patch.RunVariant(device.Stream, args, PatchCpu.Variant);
        var expected = new float[rows * columns];
        for (var i = 0; i < expected.Length; i++)
        {
            var (image, channel, row, column) = (
                i / (channels * height * width), i / (height * width) % channels, i / width % height, i % width);
            var patch = (image * patchRows + row / patchHeight) * patchColumns + column / patchWidth;
            var place = (channel * patchHeight + row % patchHeight) * patchWidth + column % patchWidth;
            expected[patch * columns + place] = pixels.Values[i];
        }

        Assert.Equal(expected, y.Read());
    }
}
