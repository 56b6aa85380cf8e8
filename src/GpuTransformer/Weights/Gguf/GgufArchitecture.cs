using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>A kind of model that GGUF files are read of, by general.architecture.</summary>
/// <param name="Name">As the file says; also what its keys begin with.</param>
/// <param name="ModelType">Hugging Face's model_type.</param>
/// <param name="ModelClass">Hugging Face's class, as "architectures" names it.</param>
/// <param name="HasInterleavedRows">Rows of attn_q and attn_k stand in llama.cpp's order.</param>
internal sealed record GgufArchitecture(string Name, string ModelType, string ModelClass, bool HasInterleavedRows)
{
    private const string Key = "general.architecture";

    private static readonly GgufArchitecture[] s_all =
    [
        new("llama", "llama", "LlamaForCausalLM", true),
        new("qwen2", "qwen2", "Qwen2ForCausalLM", false),
        new("qwen3", "qwen3", "Qwen3ForCausalLM", false),
    ];

    /// <summary>The kind of model that a file holds.</summary>
    /// <exception cref="InputException">Another kind than those supported.</exception>
    public static GgufArchitecture Of(GgufMetadata metadata)
    {
        string name = metadata.Text(Key);
        return s_all.FirstOrDefault(one => one.Name == name)
            ?? throw metadata.Error(Key, $"one of {string.Join(", ", s_all.Select(one => one.Name))}", Quoted.Of(name));
    }

    /// <summary>Query heads and key-value heads.</summary>
    public (int Heads, int KeyValueHeads) Heads(GgufMetadata metadata)
    {
        int heads = (int)Same(metadata, "attention.head_count", null, 1, 1 << 16);
        int keyValueHeads = (int)Same(metadata, "attention.head_count_kv", heads, 1, 1 << 16);
        return heads % keyValueHeads == 0
            ? (heads, keyValueHeads)
            : throw metadata.Error($"{Name}.attention.head_count_kv", $"a divisor of head_count {heads}", $"{keyValueHeads}");
    }

    /// <summary>A whole number, or an array that gives every layer the same.</summary>
    /// <param name="metadata">Where.</param>
    /// <param name="part">The key after the architecture's name.</param>
    /// <param name="fallback">The value when the key is absent; null: it must be there.</param>
    /// <param name="min">Least allowed.</param>
    /// <param name="max">Most allowed.</param>
    public long Same(GgufMetadata metadata, string part, long? fallback, long min, long max)
    {
        string key = $"{Name}.{part}";
        if (fallback is { } absent && !metadata.Has(key))
        {
            return absent;
        }
        if (!metadata.Has(key) || metadata.TypeOf(key) != GgufValueType.Array)
        {
            return metadata.Whole(key, min, max);
        }
        int[] values = metadata.Wholes(key);
        if (values.Length == 0 || values.Any(value => value != values[0]))
        {
            throw metadata.Error(key, "one number, or the same for every layer", "an array of different numbers");
        }
        return values[0] >= min && values[0] <= max
            ? values[0]
            : throw metadata.Error(key, $"a whole number from {min} to {max}", $"{values[0]}");
    }
}
