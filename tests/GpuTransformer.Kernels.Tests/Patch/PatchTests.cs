using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Patches and token assembly: on every kind of device, aligned and not.</summary>
public sealed class PatchTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PatchesMatch(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<PatchArgs>(device, device.Kernels.Patch);
        Cut(device, sweep, new Place(true), 2, 3, 16, 24, 8, 4);
        Cut(device, sweep, new Place(true), 1, 1, 4, 4, 4, 4);
        Cut(device, sweep, new Place(true), 2, 2, 6, 9, 2, 3);
        Cut(device, sweep, new Place(false), 2, 3, 16, 24, 8, 4);
        Cut(device, sweep, new Place(false), 3, 1, 5, 7, 1, 1);
        Cut(device, sweep, new Place(false), 1, 3, 28, 28, 7, 7);
        sweep.AssertAllRan();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TokensAssemble(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<TokenAssemblyArgs>(device, device.Kernels.TokenAssembly);
        foreach (var place in new[] { new Place(true), new Place(false) })
        {
            Assemble(device, sweep, place, 2, 4, 1, 8);
            Assemble(device, sweep, place, 3, 5, 2, 129);
            Assemble(device, sweep, place, 1, 1, 0, 3);
            Assemble(device, sweep, place, 2, 3, 1, 260);
        }

        sweep.AssertAllRan();
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        var device = devices[TestDeviceKind.Default];
        using var pixels = device.Upload(new float[3 * 8 * 8]);
        using var y = device.Upload(new float[3 * 8 * 8]);
        var set = device.Kernels;
        Refused("patchHeight must divide height 8", () => set.Patch.Run(device.Stream, pixels.View, y.View, 1, 3, 8, 8, 3, 2));
        Refused("patchWidth must divide", () => set.Patch.Run(device.Stream, pixels.View, y.View, 1, 3, 8, 8, 2, 0));
        Refused("pixels needs", () => set.Patch.Run(device.Stream, pixels.View, y.View, 2, 3, 8, 8, 2, 2));
        Refused("y needs", () => set.Patch.Run(device.Stream, pixels.View, y.View.SubView(1, 191), 1, 3, 8, 8, 2, 2));
        Refused("channels", () => set.Patch.Run(device.Stream, pixels.View, y.View, 1, int.MaxValue, 1 << 15, 1 << 15, 1, 1));
        Refused("patches needs", () => set.TokenAssembly.Run(
            device.Stream, pixels.View.SubView(0, 7), pixels.View, pixels.View, y.View, 2, 2, 1, 2));
        Refused("tokens needs", () => set.TokenAssembly.Run(
            device.Stream, pixels.View, pixels.View.SubView(0, 1), pixels.View, y.View, 2, 2, 1, 2));
        Refused("positions needs", () => set.TokenAssembly.Run(
            device.Stream, pixels.View, pixels.View, pixels.View.SubView(0, 5), y.View, 2, 2, 1, 2));
        Refused("y needs", () => set.TokenAssembly.Run(
            device.Stream, pixels.View, pixels.View, pixels.View, y.View.SubView(0, 11), 2, 2, 1, 2));

        static void Refused(string part, Action run)
        {
            var error = Assert.Throws<ShapeException>(run);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Cut(
        TestDevice device,
        VariantSweep<PatchArgs> sweep,
        Place place,
        int images,
        int channels,
        int height,
        int width,
        int patchHeight,
        int patchWidth)
    {
        // The last image is not in use.
        var capacity = images + 1;
        var values = Data.Normal(capacity * channels * height * width, 1);
        using var pixels = new PaddedInput(device, values, 1, values.Length, place.Offset);
        using var state = device.Upload([images]);
        var (down, across) = (height / patchHeight, width / patchWidth);
        var rowWidth = channels * patchHeight * patchWidth;
        var expected = ImageReference.Patches(values, capacity, channels, height, width, patchHeight, patchWidth);
        expected.AsSpan(images * down * across * rowWidth).Fill(double.NaN);

        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y?.Dispose();
                y = place.Output(device, capacity * down * across, rowWidth);
                return new PatchArgs
                {
                    Pixels = pixels.View.Data,
                    PixelsOffset = pixels.View.Offset,
                    Y = y.View,
                    Images = ActiveRows.FromState(state.View, 0, capacity),
                    Channels = channels,
                    Height = height,
                    Width = width,
                    PatchHeight = patchHeight,
                    PatchWidth = patchWidth,
                };
            },
            name => Tolerance.Close(expected, y!.Read(), 0, 0, $"{name} {height}x{width} by {patchHeight}x{patchWidth}"));
        y?.Dispose();
    }

    private static void Assemble(
        TestDevice device,
        VariantSweep<TokenAssemblyArgs> sweep,
        Place place,
        int images,
        int patchCount,
        int prefixCount,
        int width)
    {
        var length = prefixCount + patchCount;
        using var patches = place.Input(device, Data.Normal(images * patchCount * width, 1), images * patchCount, width);
        using var tokens = place.Input(device, Data.Normal(prefixCount * width, 2), prefixCount, width);
        using var positions = place.Input(device, Data.Normal(length * width, 3), length, width);
        var expected = ImageReference.Tokens(
            patches.Values, tokens.Values, positions.Values, images, patchCount, prefixCount, width);

        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                y?.Dispose();
                y = place.Output(device, images * length, width);
                return new TokenAssemblyArgs
                {
                    Patches = patches.View,
                    Tokens = tokens.View,
                    Positions = positions.View,
                    Y = y.View,
                    Images = ActiveRows.Fixed(images),
                    PatchCount = patchCount,
                    PrefixCount = prefixCount,
                    Width = width,
                };
            },
            name => Tolerance.Close(expected, y!.Read(), 0, 0, $"{name} {images}x({prefixCount}+{patchCount})x{width}"));
        y?.Dispose();
    }
}
