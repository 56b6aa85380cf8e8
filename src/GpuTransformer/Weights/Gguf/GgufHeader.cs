using System.Buffers.Binary;
using System.Text.Unicode;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>What stands before the data of a GGUF file: counts, metadata, descriptions of tensors. One pass checks every
/// length and kind; all that is kept is where each key and each tensor stands, four bytes each, ordered by name.</summary>
/// <remarks>Source: docs/gguf.md of ggml.</remarks>
internal sealed unsafe class GgufHeader
{
    /// <summary>Fewest bytes: mark, version, two counts.</summary>
    public const int ShortestFile = 24;

    private const long SmallestPair = 8 + 1 + 4 + 1;
    private const long SmallestTensor = 8 + 1 + 4 + 8 + 4 + 8;
    private const int MostRecords = 1 << 26;
    private const int LongestKey = 65_535;
    private const int LongestTensorName = 64;

    private GgufHeader(uint version, int[] keys, int[] tensors, int end)
    {
        Version = version;
        Keys = keys;
        Tensors = tensors;
        End = end;
    }

    /// <summary>2 or 3.</summary>
    public uint Version { get; }

    /// <summary>Where each pair of key and value begins, in the order of the keys' bytes.</summary>
    public int[] Keys { get; }

    /// <summary>Where each tensor's description begins, in the order of the names' bytes.</summary>
    public int[] Tensors { get; }

    /// <summary>The byte after the last description.</summary>
    public int End { get; }

    /// <summary>Checks the file from its first byte to the last description.</summary>
    public static GgufHeader Read(MappedFile file)
    {
        var reader = new BoundedReader(file.Start, file.Length, file.Path);
        ReadOnlySpan<byte> mark = reader.Bytes(4L, "mark");
        if (!mark.SequenceEqual("GGUF"u8))
        {
            throw new InputException($"{file.Path}: expected the bytes GGUF at the start, found {Quoted.Of(mark)}");
        }
        uint version = ReadVersion(ref reader, file.Path);
        long tensors = reader.Count(SmallestTensor, "tensor count");
        long pairs = reader.Count(SmallestPair, "metadata count");
        if (tensors > MostRecords || pairs > MostRecords
            || !((CheckedSize)tensors * SmallestTensor + (CheckedSize)pairs * SmallestPair).Within(reader.Left))
        {
            throw new InputException($"{file.Path}: {tensors} tensors and {pairs} pairs of metadata: the limit is " +
                $"{MostRecords} each, and {reader.Left} bytes are left");
        }
        var keys = new int[pairs];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = Place(reader, file.Path);
            reader.Within = Name(ref reader, "key", "key length", LongestKey);
            SkipValue(ref reader);
            reader.Within = default;
        }
        var names = new int[tensors];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Place(reader, file.Path);
            SkipTensor(ref reader);
        }
        int end = Place(reader, file.Path);
        GgufNameOrder.Sort(file, keys, "key");
        GgufNameOrder.Sort(file, names, "tensor");
        return new GgufHeader(version, keys, names, end);
    }

    /// <summary>The name at the start of a pair or a description.</summary>
    private static ReadOnlySpan<byte> Name(scoped ref BoundedReader reader, string field, string lengthField, int longest)
    {
        ulong length = reader.UInt64(lengthField);
        if (length == 0 || length > (ulong)longest)
        {
            throw reader.Error(lengthField, $"expected 1 to {longest}, found {length}");
        }
        ReadOnlySpan<byte> name = reader.Bytes(length, field);
        return Utf8.IsValid(name) ? name : throw reader.Error(field, $"expected UTF-8 text, found {Quoted.Of(name)}");
    }

    /// <summary>A value's kind.</summary>
    public static GgufValueType ValueType(scoped ref BoundedReader reader, string field)
    {
        uint type = reader.UInt32(field);
        return type <= (uint)GgufValueType.F64
            ? (GgufValueType)type
            : throw reader.Error(field, $"expected 0 to {(uint)GgufValueType.F64}, found {type}");
    }

    /// <summary>Bytes of a value of a kind that has a fixed length; 0 for strings and arrays.</summary>
    public static int BytesOf(GgufValueType type) => type switch
    {
        GgufValueType.U8 or GgufValueType.I8 or GgufValueType.Bool => 1,
        GgufValueType.U16 or GgufValueType.I16 => 2,
        GgufValueType.U32 or GgufValueType.I32 or GgufValueType.F32 => 4,
        GgufValueType.U64 or GgufValueType.I64 or GgufValueType.F64 => 8,
        _ => 0,
    };

    /// <summary>Reads a tensor's description. Offsets are not yet compared with the file.</summary>
    public static GgufTensorRecord Tensor(scoped ref BoundedReader reader)
    {
        var record = new GgufTensorRecord { Name = Name(ref reader, "tensor name", "tensor name length", LongestTensorName) };
        reader.Within = record.Name;
        uint rank = reader.UInt32("dimension count");
        if (rank is 0 or > GgufTensorRecord.MostDimensions)
        {
            throw reader.Error("dimension count", $"expected 1 to {GgufTensorRecord.MostDimensions}, found {rank}");
        }
        record.Rank = (int)rank;
        for (int i = 0; i < record.Rank; i++)
        {
            ulong size = reader.UInt64("dimension");
            record.Sizes[i] = size is > 0 and <= long.MaxValue
                ? (long)size
                : throw reader.Error("dimension", $"expected 1 to {long.MaxValue}, found {size}");
        }
        uint type = reader.UInt32("type");
        record.Dtype = GgufTensorTypes.TryParse(type, out WeightDtype dtype)
            ? dtype
            : throw reader.Error("type", $"expected one of {GgufTensorTypes.Supported}, found {GgufTensorTypes.NameOf(type)}");
        record.Offset = reader.UInt64("offset");
        reader.Within = default;
        return record;
    }

    private static uint ReadVersion(scoped ref BoundedReader reader, string path)
    {
        uint version = reader.UInt32("version");
        if (version is 2 or 3)
        {
            return version;
        }
        string found = BinaryPrimitives.ReverseEndianness(version) is > 0 and < 256
            ? "a big-endian file"
            : $"{version}";
        throw new InputException($"{path}: GGUF version: expected 2 or 3, little endian, found {found}");
    }

    private static int Place(scoped in BoundedReader reader, string path) => reader.Position <= int.MaxValue
        ? (int)reader.Position
        : throw new InputException($"{path}: metadata and descriptions of tensors take over {int.MaxValue} bytes");

    private static void SkipValue(scoped ref BoundedReader reader)
    {
        GgufValueType type = ValueType(ref reader, "value type");
        if (type != GgufValueType.Array)
        {
            Skip(ref reader, type, 1);
            return;
        }
        GgufValueType element = ValueType(ref reader, "element type");
        if (element == GgufValueType.Array)
        {
            throw reader.Error("element type", "arrays of arrays are not supported");
        }
        Skip(ref reader, element, reader.Count(Math.Max(BytesOf(element), element == GgufValueType.Text ? 8 : 1), "count"));
    }

    private static void Skip(scoped ref BoundedReader reader, GgufValueType type, long count)
    {
        if (type == GgufValueType.Text)
        {
            for (long i = 0; i < count; i++)
            {
                reader.Skip(reader.UInt64("string length"), "string");
            }
        }
        else if (type == GgufValueType.Bool)
        {
            if (reader.Bytes(count, "value").IndexOfAnyExceptInRange<byte>(0, 1) >= 0)
            {
                throw reader.Error("value", "expected true or false as a byte of 1 or 0, found another byte");
            }
        }
        else
        {
            reader.Skip((CheckedSize)count * (long)BytesOf(type), "value");
        }
    }

    private static void SkipTensor(scoped ref BoundedReader reader)
    {
        GgufTensorRecord record = Tensor(ref reader);
        reader.Within = record.Name;
        if (record.Sizes[0] % record.Dtype.BlockElements() != 0)
        {
            throw reader.Error("first dimension",
                $"expected a multiple of {record.Dtype}'s block of {record.Dtype.BlockElements()}, found {record.Sizes[0]}");
        }
        if (!record.Bytes.IsKnown)
        {
            throw reader.Error("shape", $"{Quoted.Shape(record.Shape())} of {record.Dtype} is over 2^63-1 bytes");
        }
        reader.Within = default;
    }
}
