using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Layers;

/// <summary>Chooses how a packed matrix keeps its numbers.</summary>
internal static class WeightEncodings
{
    /// <summary>The encoding of a matrix that is made of these parts: what is asked for; else what all of them are stored in,
    /// where every number stays what it is.</summary>
    public static WeightEncoding Of(LoadOptions options, KernelSet kernels, ReadOnlySpan<WeightRows> parts)
    {
        if (options.Weights is { } asked)
        {
            return asked;
        }

        var stored = parts[0].StoredEncoding;
        foreach (var part in parts)
        {
            // Blocks lie along stored rows, which are not the rows of a transposed weight.
            var isKept = part.StoredEncoding == stored && (IsOfSingleNumbers(stored) || (KeepsBlocks(kernels) && !part.IsTransposed));
            if (!isKept)
            {
                return WeightEncoding.F32;
            }
        }

        return stored;
    }

    /// <summary>Whether the device's panels take a file's blocks byte by byte; elsewhere they would be made anew, with
    /// other numbers.</summary>
    private static bool KeepsBlocks(KernelSet kernels) =>
        kernels.Traits.Kind == DeviceKind.Cpu && kernels.RequestedVariant is null or VariantKind.Cpu;

    private static bool IsOfSingleNumbers(WeightEncoding encoding) =>
        encoding is WeightEncoding.F32 or WeightEncoding.F16 or WeightEncoding.BF16;
}
