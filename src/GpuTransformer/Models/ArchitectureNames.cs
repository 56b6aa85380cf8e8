using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>Which of a family's models a folder holds.</summary>
internal static class ArchitectureNames
{
    /// <summary>The first entry of "architectures".</summary>
    /// <param name="config">The config.</param>
    /// <param name="supported">Those that the family loads.</param>
    /// <exception cref="Kernels.InputException">It is another.</exception>
    public static string Read(ModelConfig config, params string[] supported)
    {
        var found = config.Has("architectures") ? config.Texts("architectures").FirstOrDefault("none") : "none";
        return supported.Contains(found) ? found : throw config.Error("architectures", string.Join(" or ", supported), found);
    }
}
