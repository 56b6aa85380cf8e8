namespace GpuTransformer.Weights.Gguf;

/// <summary>Hugging Face's names of a decoder's tensors and llama.cpp's, each from the other.</summary>
/// <remarks>Source: gguf-py's tensor_mapping.py.</remarks>
internal static class GgufNames
{
    private const string Block = "blk.";
    private const string Layer = "model.layers.";

    private static readonly (string Gguf, string HuggingFace)[] s_whole =
    [
        ("token_embd.weight", "model.embed_tokens.weight"),
        ("output_norm.weight", "model.norm.weight"),
        ("output.weight", "lm_head.weight"),
        ("output.bias", "lm_head.bias"),
    ];

    private static readonly (string Gguf, string HuggingFace)[] s_inLayer =
    [
        ("attn_norm", "input_layernorm"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_output", "self_attn.o_proj"),
        ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k_norm", "self_attn.k_norm"),
        ("ffn_norm", "post_attention_layernorm"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
    ];

    /// <summary>Hugging Face's name; one that is not known stays as it is.</summary>
    public static string ToHuggingFace(string gguf)
    {
        foreach ((string from, string to) in s_whole)
        {
            if (gguf == from)
            {
                return to;
            }
        }
        if (InLayer(gguf, Block) is not var (number, part, end))
        {
            return gguf;
        }
        foreach ((string from, string to) in s_inLayer)
        {
            if (part == from)
            {
                return $"{Layer}{number}.{to}{end}";
            }
        }
        return gguf;
    }

    /// <summary>llama.cpp's name of what Hugging Face calls so; a name that is not known stays as it is.</summary>
    public static string ToGguf(string huggingFace)
    {
        foreach ((string to, string from) in s_whole)
        {
            if (huggingFace == from)
            {
                return to;
            }
        }
        if (InLayer(huggingFace, Layer) is not var (number, part, end))
        {
            return huggingFace;
        }
        foreach ((string to, string from) in s_inLayer)
        {
            if (part == from)
            {
                return $"{Block}{number}.{to}{end}";
            }
        }
        return huggingFace;
    }

    // "blk.12.attn_q.weight" is ("12", "attn_q", ".weight").
    private static (string Number, string Part, string End)? InLayer(string name, string prefix)
    {
        int dot = name.StartsWith(prefix, StringComparison.Ordinal) ? name.IndexOf('.', prefix.Length) : -1;
        int last = name.LastIndexOf('.');
        if (dot < 0 || last <= dot || name[last..] is not (".weight" or ".bias"))
        {
            return null;
        }
        return (name[prefix.Length..dot], name[(dot + 1)..last], name[last..]);
    }
}
