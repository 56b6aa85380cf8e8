using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Weights;

/// <summary>Reads the parts of a safetensors header, each by one forward pass over its text.</summary>
internal static class SafetensorsHeaderText
{
    private const int MostDimensions = 64;

    private enum Field
    {
        Dtype,
        Shape,
        DataOffsets,
    }

    /// <summary>The place of "__metadata__" among the ordered keys, or -1.</summary>
    public static int FindMetadata(ReadOnlySpan<byte> json, ReadOnlySpan<int> keys)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            int order = JsonKeys.CompareWith(json[keys[i]..], "__metadata__"u8);
            if (order >= 0)
            {
                return order == 0 ? i : -1;
            }
        }
        return -1;
    }

    /// <summary>Every value of __metadata__ must be a string.</summary>
    public static void CheckMetadata(ReadOnlySpan<byte> json, int key, string file)
    {
        Utf8JsonReader reader = JsonKeys.ValueReader(json, key);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new InputException($"{file}: __metadata__: expected an object, found {reader.TokenType}");
        }
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string? wrong = null;
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadOnlySpan<byte> name = reader.ValueSpan;
                reader.Read();
                wrong = reader.TokenType == JsonTokenType.String ? null : Quoted.Of(name);
            }
            if (wrong is not null)
            {
                throw new InputException($"{file}: __metadata__: {wrong}: expected a string, found {reader.TokenType}");
            }
        }
    }

    /// <summary>A tensor's name as text.</summary>
    public static string Name(ReadOnlySpan<byte> json, int key, string file)
    {
        try
        {
            return JsonKeys.ReaderAt(json, key).GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new InputException($"{file}: header: a tensor's name holds half of a surrogate pair", error);
        }
    }

    /// <summary>Reads {"dtype", "shape", "data_offsets"}, each once and nothing else; gives how many elements the shape
    /// stands for.</summary>
    public static SafetensorsHeader.Entry ReadTensor(
        ReadOnlySpan<byte> json, int key, int start, string file, out CheckedSize elements)
    {
        var entry = new SafetensorsHeader.Entry();
        elements = CheckedSize.Unknown;
        int seen = 0;
        var reader = new Utf8JsonReader(json[start..], JsonText.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(json, key, file, "the tensor", "an object", reader.TokenType.ToString());
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Field field = WhichField(json, key, reader.ValueSpan, file);
            seen |= 1 << (int)field;
            reader.Read();
            if (field == Field.Dtype)
            {
                entry.Dtype = ReadDtype(json, key, ref reader, file);
            }
            else if (field == Field.Shape)
            {
                entry.ShapeAt = start + (int)reader.TokenStartIndex;
                elements = ReadDimensions(json, key, ref reader, file, out entry.Rank);
            }
            else
            {
                (entry.Begin, entry.End) = ReadOffsets(json, key, ref reader, file);
            }
        }
        for (Field field = Field.Dtype; field <= Field.DataOffsets; field++)
        {
            if ((seen & (1 << (int)field)) == 0)
            {
                throw Wrong(json, key, file, NameOf(field), "to be there", "nothing");
            }
        }
        return entry;
    }

    /// <summary>Reads a shape that was checked before into <paramref name="shape"/>.</summary>
    public static void ReadShape(ReadOnlySpan<byte> text, string name, string file, Span<long> shape)
    {
        var reader = new Utf8JsonReader(text, JsonText.Options);
        reader.Read();
        for (int i = 0; i < shape.Length; i++)
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out shape[i]))
            {
                throw new InputException($"{file}: tensor {Quoted.Of(name)}: the file changed while it was open");
            }
        }
    }

    private static Field WhichField(ReadOnlySpan<byte> json, int key, ReadOnlySpan<byte> name, string file) =>
        name.SequenceEqual("dtype"u8) ? Field.Dtype :
        name.SequenceEqual("shape"u8) ? Field.Shape :
        name.SequenceEqual("data_offsets"u8) ? Field.DataOffsets :
        throw Wrong(json, key, file, "the tensor", "dtype, shape and data_offsets", Quoted.Of(name));

    private static string NameOf(Field field) => field switch
    {
        Field.Dtype => "dtype",
        Field.Shape => "shape",
        _ => "data_offsets",
    };

    private static WeightDtype ReadDtype(ReadOnlySpan<byte> json, int key, ref Utf8JsonReader reader, string file)
    {
        if (reader.TokenType == JsonTokenType.String && WeightDtypes.TryParse(reader.ValueSpan, out WeightDtype dtype))
        {
            return dtype;
        }
        throw Wrong(json, key, file, "dtype",
            "one of F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL", Shown(reader));
    }

    private static CheckedSize ReadDimensions(
        ReadOnlySpan<byte> json, int key, ref Utf8JsonReader reader, string file, out ushort rank)
    {
        RequireArray(json, key, reader, file, "shape");
        CheckedSize elements = 1L;
        rank = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            elements *= Unsigned(json, key, reader, file, "shape");
            if (++rank > MostDimensions)
            {
                throw Wrong(json, key, file, "shape", $"at most {MostDimensions} dimensions", "more");
            }
        }
        return elements;
    }

    private static (long Begin, long End) ReadOffsets(
        ReadOnlySpan<byte> json, int key, ref Utf8JsonReader reader, string file)
    {
        RequireArray(json, key, reader, file, "data_offsets");
        Span<long> offsets = stackalloc long[2];
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == 2)
            {
                throw Wrong(json, key, file, "data_offsets", "two numbers", "more");
            }
            offsets[count++] = Unsigned(json, key, reader, file, "data_offsets");
        }
        if (count != 2 || offsets[0] > offsets[1])
        {
            throw Wrong(json, key, file, "data_offsets", "[begin, end] with begin <= end",
                count == 2 ? $"[{offsets[0]}, {offsets[1]}]" : $"{count} numbers");
        }
        return (offsets[0], offsets[1]);
    }

    private static void RequireArray(
        ReadOnlySpan<byte> json, int key, scoped in Utf8JsonReader reader, string file, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Wrong(json, key, file, field, "an array", Shown(reader));
        }
    }

    private static long Unsigned(
        ReadOnlySpan<byte> json, int key, scoped in Utf8JsonReader reader, string file, string field)
    {
        if (reader.TokenType == JsonTokenType.Number
            && reader.ValueSpan.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && reader.TryGetInt64(out long number))
        {
            return number;
        }
        throw Wrong(json, key, file, field, $"whole numbers from 0 to {long.MaxValue}", Shown(reader));
    }

    private static string Shown(scoped in Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.String or JsonTokenType.Number
            ? Quoted.Of(reader.ValueSpan)
            : reader.TokenType.ToString();

    private static InputException Wrong(
        ReadOnlySpan<byte> json, int key, string file, string field, string expected, string found) =>
        new($"{file}: tensor {Quoted.Of(Name(json, key, file))}: {field}: expected {expected}, found {found}");
}
