using System.Text.RegularExpressions;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>Knows the parts of a model that was split into several files by their names.</summary>
internal static partial class GgufSplitName
{
    /// <summary>Refuses model-00001-of-00003.gguf by its name, before it is opened.</summary>
    public static void Refuse(string path)
    {
        if (Pattern().IsMatch(Path.GetFileName(path)))
        {
            throw new InputException($"{path}: one part of a split GGUF model; split models are not supported: join the " +
                "parts with llama-gguf-split --merge");
        }
    }

    [GeneratedRegex(@"-[0-9]{5}-of-(?!00001)[0-9]{5}\.gguf\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
