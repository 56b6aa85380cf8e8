using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>What the keys of an architecture may say: those that are honoured, those that change nothing, and those that
/// are allowed one value. Any other could change the result and is refused by name.</summary>
internal static class GgufKnownKeys
{
    private static readonly HashSet<string> s_honoured =
    [
        "context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count",
        "attention.head_count_kv", "attention.key_length", "attention.value_length",
        "attention.layer_norm_rms_epsilon", "rope.freq_base", "rope.dimension_count", "rope.scaling.type",
        "rope.scaling.factor", "rope.scaling.original_context_length", "rope.scaling.yarn_beta_fast",
        "rope.scaling.yarn_beta_slow", "rope.scale_linear", "vocab_size",
        // Of training or of the file alone.
        "rope.scaling.finetuned", "tensor_data_layout",
    ];

    // With these values the keys change nothing.
    private static readonly (string Part, double Value)[] s_neutral =
    [
        ("expert_count", 0),
        ("expert_used_count", 0),
        ("expert_shared_count", 0),
        ("attention.sliding_window", 0),
        ("attention.max_alibi_bias", 0),
        ("attention.clamp_kqv", 0),
        ("attn_logit_softcapping", 0),
        ("final_logit_softcapping", 0),
        ("logit_scale", 1),
        ("residual_scale", 1),
        ("embedding_scale", 1),
        ("rope.scaling.attn_factor", 1),
        ("rope.scaling.yarn_attn_factor", 1),
        ("rope.scaling.yarn_ext_factor", 1),
        ("rope.scaling.yarn_log_multiplier", 0),
        ("pooling_type", 0),
        ("attention.causal", 1),
        ("use_parallel_residual", 0),
    ];

    /// <summary>Refuses what is not known.</summary>
    public static void Check(GgufMetadata metadata, string architecture)
    {
        RefuseParts(metadata);
        foreach (string key in metadata.Keys)
        {
            if (key.StartsWith(architecture + ".", StringComparison.Ordinal))
            {
                CheckOne(metadata, key, key[(architecture.Length + 1)..]);
            }
        }
    }

    private static void CheckOne(GgufMetadata metadata, string key, string part)
    {
        if (s_honoured.Contains(part))
        {
            return;
        }
        foreach ((string name, double value) in s_neutral)
        {
            if (part == name)
            {
                double found = Value(metadata, key);
                if (found != value)
                {
                    throw metadata.Error(key, $"{value}, the only value that is supported", $"{found}");
                }
                return;
            }
        }
        throw new InputException($"{metadata.Name}: the key {Quoted.Of(key)} may change the result and is not supported; " +
            $"supported: {string.Join(", ", s_honoured)}");
    }

    private static double Value(GgufMetadata metadata, string key) => metadata.TypeOf(key) switch
    {
        GgufValueType.Bool => metadata.Flag(key) ? 1 : 0,
        GgufValueType.F32 or GgufValueType.F64 => metadata.Number(key),
        _ => metadata.Whole(key, long.MinValue, long.MaxValue),
    };

    private static void RefuseParts(GgufMetadata metadata)
    {
        const string Parts = "split.count";
        if (metadata.WholeOr(Parts, 1, 0, long.MaxValue) > 1)
        {
            throw metadata.Error(Parts, "a whole model: the parts of a split one are joined with llama-gguf-split --merge",
                $"{metadata.Whole(Parts, 0, long.MaxValue)} parts");
        }
        const string Kind = "general.type";
        if (metadata.TextOr(Kind, "model") is var kind && kind != "model")
        {
            throw metadata.Error(Kind, "\"model\"", Quoted.Of(kind));
        }
    }
}
