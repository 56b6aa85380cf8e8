using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>The metadata of a GGUF file: typed getters, whose errors name the file, the key, what was expected and what
/// was found. Values stay in the mapped file until they are asked for.</summary>
public sealed unsafe class GgufMetadata
{
    private readonly MappedFile _file;
    private readonly int[] _keys;

    internal GgufMetadata(MappedFile file, int[] keys)
    {
        _file = file;
        _keys = keys;
    }

    /// <summary>What errors begin with: the file.</summary>
    public string Name => _file.Path;

    /// <summary>The keys, ordered by their bytes.</summary>
    public IEnumerable<string> Keys => _keys.Select(KeyAt);

    /// <summary>How many keys there are.</summary>
    public int Count => _keys.Length;

    /// <summary>True when the key is there.</summary>
    public bool Has(string key) => Find(key) >= 0;

    /// <summary>The kind of the value; an array's is <see cref="GgufValueType.Array"/>.</summary>
    public GgufValueType TypeOf(string key)
    {
        BoundedReader reader = ValueOf(key);
        return GgufHeader.ValueType(ref reader, "value type");
    }

    /// <summary>Text.</summary>
    public string Text(string key)
    {
        BoundedReader reader = Scalar(key, GgufValueType.Text);
        return Text(ref reader, key);
    }

    /// <summary>Text, or <paramref name="fallback"/> when the key is absent.</summary>
    public string TextOr(string key, string fallback) => Has(key) ? Text(key) : fallback;

    /// <summary>A whole number of any width within [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public long Whole(string key, long min, long max)
    {
        BoundedReader reader = ValueOf(key);
        GgufValueType type = GgufHeader.ValueType(ref reader, "value type");
        decimal value = type switch
        {
            GgufValueType.U8 => reader.UInt8(key),
            GgufValueType.I8 => (sbyte)reader.UInt8(key),
            GgufValueType.U16 => reader.UInt16(key),
            GgufValueType.I16 => (short)reader.UInt16(key),
            GgufValueType.U32 => reader.UInt32(key),
            GgufValueType.I32 => (int)reader.UInt32(key),
            GgufValueType.U64 => reader.UInt64(key),
            GgufValueType.I64 => (long)reader.UInt64(key),
            _ => throw Error(key, "a whole number", Describe(type)),
        };
        return value >= min && value <= max
            ? (long)value
            : throw Error(key, $"a whole number from {min} to {max}", $"{value}");
    }

    /// <summary>A whole number, or <paramref name="fallback"/> when the key is absent.</summary>
    public long WholeOr(string key, long fallback, long min, long max) => Has(key) ? Whole(key, min, max) : fallback;

    /// <summary>A finite floating-point number within [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public double Number(string key, double min = double.MinValue, double max = double.MaxValue)
    {
        BoundedReader reader = ValueOf(key);
        GgufValueType type = GgufHeader.ValueType(ref reader, "value type");
        double value = type switch
        {
            GgufValueType.F32 => BitConverter.UInt32BitsToSingle(reader.UInt32(key)),
            GgufValueType.F64 => BitConverter.UInt64BitsToDouble(reader.UInt64(key)),
            _ => throw Error(key, "a floating-point number", Describe(type)),
        };
        return double.IsFinite(value) && value >= min && value <= max
            ? value
            : throw Error(key, $"a finite number from {min} to {max}", $"{value}");
    }

    /// <summary>A finite floating-point number, or <paramref name="fallback"/> when the key is absent.</summary>
    public double NumberOr(
        string key, double fallback, double min = double.MinValue, double max = double.MaxValue) =>
        Has(key) ? Number(key, min, max) : fallback;

    /// <summary>true or false.</summary>
    public bool Flag(string key)
    {
        BoundedReader reader = Scalar(key, GgufValueType.Bool);
        return reader.UInt8(key) != 0;
    }

    /// <summary>true or false, or <paramref name="fallback"/> when the key is absent.</summary>
    public bool FlagOr(string key, bool fallback) => Has(key) ? Flag(key) : fallback;

    /// <summary>How many items the array under the key has.</summary>
    public int CountOf(string key)
    {
        BoundedReader reader = ValueOf(key);
        GgufValueType type = GgufHeader.ValueType(ref reader, "value type");
        if (type != GgufValueType.Array)
        {
            throw Error(key, "an array", Describe(type));
        }
        _ = GgufHeader.ValueType(ref reader, "element type");
        long count = reader.Count(1, "count");
        return count <= Array.MaxLength ? (int)count : throw Error(key, $"at most {Array.MaxLength} items", $"{count}");
    }

    /// <summary>An array of texts.</summary>
    /// <param name="key">The key.</param>
    /// <param name="count">How many there must be; -1: any number.</param>
    public string[] Texts(string key, int count = -1)
    {
        BoundedReader reader = Items(key, GgufValueType.Text, count, out int items);
        var texts = new string[items];
        for (int i = 0; i < items; i++)
        {
            texts[i] = Text(ref reader, key);
        }
        return texts;
    }

    /// <summary>An array of bytes, signed or unsigned.</summary>
    public byte[] Bytes(string key)
    {
        GgufValueType element = ElementTypeOf(key) == GgufValueType.U8 ? GgufValueType.U8 : GgufValueType.I8;
        BoundedReader reader = Items(key, element, -1, out int items);
        return reader.Bytes((CheckedSize)(long)items, key).ToArray();
    }

    /// <summary>An array of float32.</summary>
    /// <param name="key">The key.</param>
    /// <param name="count">How many there must be; -1: any number.</param>
    public float[] Floats(string key, int count = -1)
    {
        BoundedReader reader = Items(key, GgufValueType.F32, count, out int items);
        return MemoryMarshal.Cast<byte, float>(reader.Bytes((CheckedSize)(long)items * 4L, key)).ToArray();
    }

    /// <summary>An array of 32-bit whole numbers, signed or unsigned.</summary>
    /// <param name="key">The key.</param>
    /// <param name="count">How many there must be; -1: any number.</param>
    public int[] Wholes(string key, int count = -1)
    {
        GgufValueType element = ElementTypeOf(key) == GgufValueType.U32 ? GgufValueType.U32 : GgufValueType.I32;
        BoundedReader reader = Items(key, element, count, out int items);
        int[] values = MemoryMarshal.Cast<byte, int>(reader.Bytes((CheckedSize)(long)items * 4L, key)).ToArray();
        int tooLarge = element == GgufValueType.U32 ? Array.FindIndex(values, value => value < 0) : -1;
        return tooLarge < 0
            ? values
            : throw Error($"{key}[{tooLarge}]", $"at most {int.MaxValue}", $"{(uint)values[tooLarge]}");
    }

    /// <summary>The error for a value that is not what it must be.</summary>
    public InputException Error(string key, string expected, string found) =>
        new($"{Name}: {key}: expected {expected}, found {Quoted.Plain(found)}");

    /// <summary>Refuses a value of another kind.</summary>
    internal void RequireType(string key, GgufValueType expected)
    {
        if (TypeOf(key) is var found && found != expected)
        {
            throw Error(key, Describe(expected), Describe(found));
        }
    }

    private static string Describe(GgufValueType type) => $"a value of type {type}";

    private GgufValueType ElementTypeOf(string key)
    {
        BoundedReader reader = ValueOf(key);
        return GgufHeader.ValueType(ref reader, "value type") == GgufValueType.Array
            ? GgufHeader.ValueType(ref reader, "element type")
            : GgufValueType.Array;
    }

    private BoundedReader Scalar(string key, GgufValueType expected)
    {
        BoundedReader reader = ValueOf(key);
        GgufValueType type = GgufHeader.ValueType(ref reader, "value type");
        return type == expected ? reader : throw Error(key, Describe(expected), Describe(type));
    }

    private BoundedReader Items(string key, GgufValueType expected, int count, out int items)
    {
        BoundedReader reader = ValueOf(key);
        GgufValueType type = GgufHeader.ValueType(ref reader, "value type");
        GgufValueType element = type == GgufValueType.Array ? GgufHeader.ValueType(ref reader, "element type") : type;
        if (type != GgufValueType.Array || element != expected)
        {
            string found = type == GgufValueType.Array ? $"an array of {element}" : Describe(type);
            throw Error(key, $"an array of {expected}", found);
        }
        items = CountOf(key);
        if (count >= 0 && items != count)
        {
            throw Error(key, $"{count} items", $"{items}");
        }
        _ = reader.UInt64("count");
        return reader;
    }

    private string Text(scoped ref BoundedReader reader, string key)
    {
        ReadOnlySpan<byte> text = reader.Bytes(reader.UInt64("string length"), "string");
        return Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw Error(key, "UTF-8 text", Quoted.Of(text));
    }

    private string KeyAt(int place)
    {
        BoundedReader reader = Reader(place);
        return Encoding.UTF8.GetString(reader.Bytes(reader.UInt64("key length"), "key"));
    }

    private BoundedReader Reader(int place) => new(_file.Start + place, _file.Length - place, _file.Path);

    // A reader that stands before the value's kind.
    private BoundedReader ValueOf(string key)
    {
        int found = Find(key);
        if (found < 0)
        {
            throw new InputException($"{Name}: the key \"{key}\" is missing");
        }
        BoundedReader reader = Reader(_keys[found]);
        reader.Skip(reader.UInt64("key length"), "key");
        return reader;
    }

    private int Find(string key) => GgufNameOrder.Find(_file, _keys, Encoding.UTF8.GetBytes(key));
}
