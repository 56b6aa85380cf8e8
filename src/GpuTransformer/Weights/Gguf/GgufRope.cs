using System.Text.Json;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>Hugging Face's rope_parameters of a GGUF file's rope keys. The factors of "llama3" stand in the file as the
/// tensor rope_freqs.weight, which the model reads.</summary>
/// <remarks>Source: llama.cpp's load_hparams, transformers' modeling_rope_utils.py.</remarks>
internal static class GgufRope
{
    /// <summary>Writes rope_parameters.</summary>
    public static void Write(Utf8JsonWriter json, GgufMetadata metadata, string architecture)
    {
        string scaling = $"{architecture}.rope.scaling.";
        json.WriteStartObject("rope_parameters");
        json.WriteNumber("rope_theta", (float)metadata.NumberOr($"{architecture}.rope.freq_base", 10_000, double.Epsilon));
        // A type without a factor, or with one of 0 or 1, scales nothing; a factor without a type is linear.
        double factor = metadata.NumberOr(
            $"{scaling}factor", metadata.NumberOr($"{architecture}.rope.scale_linear", 1, 0, 1e6), 0, 1e6);
        string type = metadata.TextOr($"{scaling}type", "linear");
        if (type is not ("none" or "linear" or "yarn"))
        {
            throw metadata.Error($"{scaling}type", "one of none, linear, yarn", Quoted.Of(type));
        }
        if (type == "none" || factor is 0 or 1)
        {
            json.WriteString("rope_type", "default");
            json.WriteEndObject();
            return;
        }
        json.WriteString("rope_type", type);
        json.WriteNumber("factor", (float)factor);
        if (type == "yarn")
        {
            WriteYarn(json, metadata, scaling, architecture);
        }
        json.WriteEndObject();
    }

    private static void WriteYarn(Utf8JsonWriter json, GgufMetadata metadata, string scaling, string architecture)
    {
        long context = metadata.Whole($"{architecture}.context_length", 1, int.MaxValue);
        json.WriteNumber(
            "original_max_position_embeddings",
            metadata.WholeOr($"{scaling}original_context_length", context, 1, int.MaxValue));
        Number("yarn_beta_fast", "beta_fast");
        Number("yarn_beta_slow", "beta_slow");

        void Number(string key, string name)
        {
            if (metadata.Has(scaling + key))
            {
                json.WriteNumber(name, (float)metadata.Number(scaling + key, 0, 1e6));
            }
        }
    }
}
