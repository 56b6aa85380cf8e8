namespace GpuTransformer.Weights.Gguf;

/// <summary>The kinds of tensors, by their numbers in the file.</summary>
/// <remarks>Source: GGMLQuantizationType of gguf-py's constants.py.</remarks>
internal static class GgufTensorTypes
{
    /// <summary>The kinds that are read.</summary>
    public const string Supported = "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K";

    private static readonly Dictionary<uint, string> s_others = new()
    {
        [9] = "Q8_1",
        [15] = "Q8_K",
        [16] = "IQ2_XXS",
        [17] = "IQ2_XS",
        [18] = "IQ3_XXS",
        [19] = "IQ1_S",
        [20] = "IQ4_NL",
        [21] = "IQ3_S",
        [22] = "IQ2_S",
        [23] = "IQ4_XS",
        [24] = "I8",
        [25] = "I16",
        [26] = "I32",
        [27] = "I64",
        [28] = "F64",
        [29] = "IQ1_M",
        [34] = "TQ1_0",
        [35] = "TQ2_0",
        [39] = "MXFP4",
        [40] = "NVFP4",
    };

    /// <summary>The kind with this number, where it is one that is read.</summary>
    public static bool TryParse(uint number, out WeightDtype dtype)
    {
        WeightDtype? found = number switch
        {
            0 => WeightDtype.F32,
            1 => WeightDtype.F16,
            2 => WeightDtype.Q4_0,
            3 => WeightDtype.Q4_1,
            6 => WeightDtype.Q5_0,
            7 => WeightDtype.Q5_1,
            8 => WeightDtype.Q8_0,
            10 => WeightDtype.Q2_K,
            11 => WeightDtype.Q3_K,
            12 => WeightDtype.Q4_K,
            13 => WeightDtype.Q5_K,
            14 => WeightDtype.Q6_K,
            30 => WeightDtype.BF16,
            _ => null,
        };
        dtype = found ?? default;
        return found is not null;
    }

    /// <summary>What errors call a kind that is not read.</summary>
    public static string NameOf(uint number) =>
        s_others.TryGetValue(number, out string? name) ? $"{name} (type {number})" : $"type {number}";
}
