// Writes the unrolled register tiles into a folder: dotnet run --project tools/TileGenerator kernels/GpuTransformer.Kernels/MatMul/Group
using TileGenerator;

foreach (var shape in TileShape.All)
{
    File.WriteAllText(Path.Combine(args[0], shape.FileName), TileSource.Of(shape));
}
