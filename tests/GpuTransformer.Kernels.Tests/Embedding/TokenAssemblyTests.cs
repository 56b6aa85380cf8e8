using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Tokens before patches, with positions: on every kind of device, aligned and not.</summary>
public sealed class TokenAssemblyTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

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
