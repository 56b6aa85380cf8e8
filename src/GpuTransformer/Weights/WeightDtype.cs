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
}

/// <summary>Sizes and names of <see cref="WeightDtype"/>.</summary>
internal static class WeightDtypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this WeightDtype dtype) => dtype switch
    {
        <= WeightDtype.I8 => 1,
        <= WeightDtype.BF16 => 2,
        <= WeightDtype.F32 => 4,
        _ => 8,
    };

    /// <summary>True for the floating-point kinds.</summary>
    public static bool IsFloat(this WeightDtype dtype) =>
        dtype is WeightDtype.F16 or WeightDtype.BF16 or WeightDtype.F32 or WeightDtype.F64;

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
