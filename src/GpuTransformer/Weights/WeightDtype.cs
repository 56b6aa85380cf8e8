namespace GpuTransformer.Weights;

/// <summary>How the elements of a stored tensor are written.</summary>
public enum WeightDtype : byte
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned 8 bits.</summary>
    U8,

    /// <summary>Signed 8 bits.</summary>
    I8,

    /// <summary>Unsigned 16 bits.</summary>
    U16,

    /// <summary>Signed 16 bits.</summary>
    I16,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>The upper half of a float32.</summary>
    BF16,

    /// <summary>Unsigned 32 bits.</summary>
    U32,

    /// <summary>Signed 32 bits.</summary>
    I32,

    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>Unsigned 64 bits.</summary>
    U64,

    /// <summary>Signed 64 bits.</summary>
    I64,

    /// <summary>IEEE 754 double precision.</summary>
    F64,

    /// <summary>GGUF: 32 weights of 4 bits, one scale.</summary>
    Q4_0,

    /// <summary>GGUF: 32 weights of 4 bits, scale and minimum.</summary>
    Q4_1,

    /// <summary>GGUF: 32 weights of 5 bits, one scale.</summary>
    Q5_0,

    /// <summary>GGUF: 32 weights of 5 bits, scale and minimum.</summary>
    Q5_1,

    /// <summary>GGUF: 32 weights of 8 bits, one scale.</summary>
    Q8_0,

    /// <summary>GGUF: 256 weights of 2 bits, a 4-bit scale and minimum for every 16.</summary>
    Q2_K,

    /// <summary>GGUF: 256 weights of 3 bits, a 6-bit scale for every 16.</summary>
    Q3_K,

    /// <summary>GGUF: 256 weights of 4 bits, a 6-bit scale and minimum for every 32.</summary>
    Q4_K,

    /// <summary>GGUF: 256 weights of 5 bits, a 6-bit scale and minimum for every 32.</summary>
    Q5_K,

    /// <summary>GGUF: 256 weights of 6 bits, an 8-bit scale for every 16.</summary>
    Q6_K,
}

/// <summary>Sizes and names of <see cref="WeightDtype"/>.</summary>
internal static class WeightDtypes
{
    /// <summary>Bytes of one element, or of one block.</summary>
    public static int Bytes(this WeightDtype dtype) => dtype switch
    {
        <= WeightDtype.I8 => 1,
        <= WeightDtype.BF16 => 2,
        <= WeightDtype.F32 => 4,
        <= WeightDtype.F64 => 8,
        WeightDtype.Q4_0 => 18,
        WeightDtype.Q4_1 => 20,
        WeightDtype.Q5_0 => 22,
        WeightDtype.Q5_1 => 24,
        WeightDtype.Q8_0 => 34,
        WeightDtype.Q2_K => 84,
        WeightDtype.Q3_K => 110,
        WeightDtype.Q4_K => 144,
        WeightDtype.Q5_K => 176,
        _ => 210,
    };

    /// <summary>Elements that are stored together: 1, or a block's 32 or 256.</summary>
    public static int BlockElements(this WeightDtype dtype) => dtype switch
    {
        <= WeightDtype.F64 => 1,
        <= WeightDtype.Q8_0 => 32,
        _ => 256,
    };

    /// <summary>True for the kinds that stand for floating-point numbers.</summary>
    public static bool IsFloat(this WeightDtype dtype) =>
        dtype is WeightDtype.F16 or WeightDtype.BF16 or WeightDtype.F32 or WeightDtype.F64 or > WeightDtype.F64;

    /// <summary>The kind with this name in a safetensors header.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out WeightDtype dtype)
    {
        WeightDtype? found =
            name.SequenceEqual("F32"u8) ? WeightDtype.F32 :
            name.SequenceEqual("F16"u8) ? WeightDtype.F16 :
            name.SequenceEqual("BF16"u8) ? WeightDtype.BF16 :
            name.SequenceEqual("F64"u8) ? WeightDtype.F64 :
            name.SequenceEqual("I64"u8) ? WeightDtype.I64 :
            name.SequenceEqual("I32"u8) ? WeightDtype.I32 :
            name.SequenceEqual("I16"u8) ? WeightDtype.I16 :
            name.SequenceEqual("I8"u8) ? WeightDtype.I8 :
            name.SequenceEqual("U8"u8) ? WeightDtype.U8 :
            name.SequenceEqual("U16"u8) ? WeightDtype.U16 :
            name.SequenceEqual("U32"u8) ? WeightDtype.U32 :
            name.SequenceEqual("U64"u8) ? WeightDtype.U64 :
            name.SequenceEqual("BOOL"u8) ? WeightDtype.Bool : null;
        dtype = found ?? default;
        return found is not null;
    }

    /// <summary>The kind's name in a safetensors header.</summary>
    public static string HeaderName(this WeightDtype dtype) => dtype == WeightDtype.Bool ? "BOOL" : dtype.ToString();
}
