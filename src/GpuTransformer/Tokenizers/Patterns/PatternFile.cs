using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>Reads the "pattern" of a Split or a Replace: {"String": ...} or {"Regex": ...}.</summary>
internal static class PatternFile
{
    /// <summary>The pattern.</summary>
    public static TextPattern Read(JsonObject part)
    {
        JsonObject pattern = part.Section("pattern") ?? throw part.Error("pattern", "an object", "nothing");
        TokenizerPart.OnlyKeys(pattern, "String", "Regex");
        if (pattern.Count != 1)
        {
            throw part.Error("pattern", "a String or a Regex", pattern.Count == 0 ? "neither" : "both");
        }
        return pattern.Has("String")
            ? TextPattern.Literal(pattern.Text("String"))
            : TextPattern.Regex(pattern.Text("Regex"), pattern.Name);
    }
}
