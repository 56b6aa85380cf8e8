using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Layers;

/// <summary>Chooses how packed matrices keep their numbers.</summary>
internal static class WeightEncodings
{
    /// <summary>The parts of a layer as the matrices that they make: those in one encoding that follow each other are
    /// one. The encoding is what is asked for; else what the part is stored in, where every number stays what it is.</summary>
    public static IReadOnlyList<(WeightEncoding Encoding, WeightRows[] Parts)> Split(
        LoadOptions options, KernelSet kernels, ReadOnlySpan<WeightRows> parts)
    {
        var matrices = new List<(WeightEncoding Encoding, WeightRows[] Parts)>();
        foreach (var part in parts)
        {
            var encoding = options.Weights ?? Stored(kernels, part);
            if (matrices.Count > 0 && matrices[^1].Encoding == encoding)
            {
                matrices[^1] = (encoding, [.. matrices[^1].Parts, part]);
            }
            else
            {
                matrices.Add((encoding, [part]));
            }
        }

        return matrices;
    }

    private static WeightEncoding Stored(KernelSet kernels, WeightRows part) =>
        IsOfSingleNumbers(part.StoredEncoding) || (KeepsBlocks(kernels) && !part.IsTransposed)
            ? part.StoredEncoding
            : WeightEncoding.F32;

    /// <summary>Whether the device's panels take a file's blocks byte by byte; elsewhere they would be made anew, with
    /// other numbers.</summary>
    private static bool KeepsBlocks(KernelSet kernels) =>
        kernels.Traits.Kind == DeviceKind.Cpu && kernels.RequestedVariant is null or VariantKind.Cpu;

    private static bool IsOfSingleNumbers(WeightEncoding encoding) =>
        encoding is WeightEncoding.F32 or WeightEncoding.F16 or WeightEncoding.BF16;
}
