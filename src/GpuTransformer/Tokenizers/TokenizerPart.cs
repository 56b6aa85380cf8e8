using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>What reading every part of tokenizer.json shares: nothing unknown is passed over.</summary>
internal static class TokenizerPart
{
    /// <summary>Throws for a key that the part's reader does not know.</summary>
    public static void OnlyKeys(JsonObject part, params ReadOnlySpan<string> known)
    {
        foreach (string key in part.Keys)
        {
            if (!known.Contains(key))
            {
                throw new InputException($"{part.Name}: the key {Quoted.Of(key)} is not supported");
            }
        }
    }

    /// <summary>The error for a type of part that is not supported.</summary>
    public static InputException NotSupported(JsonObject part, string supported) =>
        new($"{part.Name}: type {Quoted.Of(part.Text("type"))} is not supported; supported are {supported}");
}
