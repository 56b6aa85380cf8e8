using TileGenerator;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The unrolled tiles in the kernel library are those that tools/TileGenerator writes.</summary>
public sealed class TileGeneratorTests
{
    public static TheoryData<string> Tiles { get; } = new(TileShape.All.Select(shape => shape.Name));

    [Theory]
    [MemberData(nameof(Tiles))]
    public void CheckedInFileIsCurrent(string name)
    {
        var shape = TileShape.All.Single(shape => shape.Name == name);
        using var stream = typeof(TileGeneratorTests).Assembly.GetManifestResourceStream(shape.FileName);
        Assert.NotNull(stream);
        using var reader = new StreamReader(stream);
        Assert.True(
            TileSource.Of(shape) == reader.ReadToEnd().ReplaceLineEndings("\n"),
            $"{shape.FileName} is not what the generator writes: dotnet run --project tools/TileGenerator " +
            "kernels/GpuTransformer.Kernels/MatMul/Group");
    }
}
