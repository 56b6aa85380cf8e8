using System.Text;
using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Gguf;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Chat;

/// <summary>Finds the chat template of a model folder and the special tokens it may name.</summary>
internal static class ChatTemplateFile
{
    private const string ConfigName = "tokenizer_config.json";
    private const string Key = "chat_template";
    private const long LargestConfig = 64 << 20;
    private const long LargestTemplate = 1 << 20;

    private static readonly string[] s_special =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private static readonly (string Name, string Id)[] s_ids =
    [
        ("bos_token", "tokenizer.ggml.bos_token_id"),
        ("eos_token", "tokenizer.ggml.eos_token_id"),
        ("unk_token", "tokenizer.ggml.unknown_token_id"),
        ("pad_token", "tokenizer.ggml.padding_token_id"),
    ];

    public static ChatTemplate Load(string folder)
    {
        string alone = Path.Combine(folder, "chat_template.jinja");
        string path = Path.Combine(folder, ConfigName);
        JsonObject? config = File.Exists(path) ? JsonObject.Load(path, LargestConfig) : null;
        if (config is null && !File.Exists(alone) && GgufFolder.Find(folder) is { } gguf)
        {
            return FromGguf(gguf);
        }
        Dictionary<string, string> special = Special(folder, config);
        if (File.Exists(alone))
        {
            return new ChatTemplate(Utf8(BoundedFile.ReadAll(alone, LargestTemplate), alone), alone) { SpecialTokens = special };
        }
        if (config is null || !config.Has(Key))
        {
            throw new InputException($"{folder}: expected chat_template.jinja, or {Key} in {ConfigName}, found neither: this model has no template for conversations.");
        }
        return new ChatTemplate(Template(config), $"{path}: {Key}") { SpecialTokens = special };
    }

    private static ChatTemplate FromGguf(string path)
    {
        const string GgufKey = "tokenizer.chat_template";
        using GgufFile file = GgufFile.Open(path);
        if (!file.Metadata.Has(GgufKey))
        {
            throw new InputException($"{path}: it has no {GgufKey}: this model has no template for conversations.");
        }
        string[] tokens = file.Metadata.Has("tokenizer.ggml.tokens") ? file.Metadata.Texts("tokenizer.ggml.tokens") : [];
        var special = new Dictionary<string, string>();
        foreach ((string name, string id) in s_ids)
        {
            if (tokens.Length > 0 && file.Metadata.Has(id))
            {
                special[name] = tokens[file.Metadata.Whole(id, 0, tokens.Length - 1)];
            }
        }
        return new ChatTemplate(file.Metadata.Text(GgufKey), $"{path}: {GgufKey}") { SpecialTokens = special };
    }

    // One template, or several of which one is named default.
    private static string Template(JsonObject config)
    {
        if (config.Kind(Key) == JsonTokenType.String)
        {
            return config.Text(Key);
        }
        IReadOnlyList<JsonObject> named = config.Sections(Key);
        return named.FirstOrDefault(one => one.Text("name") == "default")?.Text("template")
            ?? throw config.Error(Key, "a template named default", string.Join(", ", named.Select(one => one.Text("name"))));
    }

    private static Dictionary<string, string> Special(string folder, JsonObject? config)
    {
        var special = new Dictionary<string, string>();
        string mapPath = Path.Combine(folder, "special_tokens_map.json");
        Add(special, File.Exists(mapPath) ? JsonObject.Load(mapPath, LargestConfig) : null);
        Add(special, config);
        return special;
    }

    private static void Add(Dictionary<string, string> special, JsonObject? file)
    {
        foreach (string key in file is null ? [] : s_special.Where(file.Has))
        {
            special[key] = file!.Kind(key) == JsonTokenType.String ? file.Text(key) : file.Section(key)!.Text("content");
        }
    }

    private static string Utf8(byte[] bytes, string path)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            throw new InputException($"{path}: byte {error.Index + 1} is not UTF-8.", error);
        }
    }
}
