using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tasks;

/// <summary>Which token plays a part, such as "mask_token": the files beside a tokenizer say so, else the usual names do.</summary>
internal static class SpecialTokenNames
{
    private const long LargestFile = 16L << 20;
    private static readonly string[] s_files = ["special_tokens_map.json", "tokenizer_config.json"];

    /// <summary>The token, which is in the vocabulary.</summary>
    /// <param name="folder">The tokenizer's folder.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="key">The part: "mask_token", "pad_token".</param>
    /// <param name="usual">Its usual names, where no file says.</param>
    /// <exception cref="InputException">There is none, or it is not in the vocabulary.</exception>
    public static string Find(string folder, Tokenizer tokenizer, string key, params string[] usual)
    {
        foreach (var name in s_files)
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path) && TokenOf(JsonObject.Load(path, LargestFile), key) is { } token)
            {
                return tokenizer.TokenToId(token) is not null
                    ? token
                    : throw new InputException($"{path}: the {key} {Weights.Quoted.Of(token)} is not in the vocabulary.");
            }
        }

        return usual.FirstOrDefault(token => tokenizer.TokenToId(token) is not null)
            ?? throw new InputException($"{folder}: no file names a {key}, and the vocabulary has no {string.Join(" and no ", usual)}.");
    }

    // A token is written as text, or as an object with its text under "content".
    private static string? TokenOf(JsonObject file, string key) =>
        !file.Has(key) ? null
        : file.Kind(key) == JsonTokenType.StartObject ? file.Section(key)!.Text("content")
        : file.Text(key);
}
