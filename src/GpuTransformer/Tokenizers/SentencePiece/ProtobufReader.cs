using System.Buffers.Binary;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.SentencePiece;

/// <summary>How a field of a protobuf message is written.</summary>
internal enum WireType
{
    /// <summary>A whole number of at most 10 bytes, 7 bits in each.</summary>
    Varint = 0,

    /// <summary>8 bytes.</summary>
    Fixed64 = 1,

    /// <summary>A length and so many bytes: text, bytes, or a message.</summary>
    Bytes = 2,

    /// <summary>4 bytes.</summary>
    Fixed32 = 5,
}

/// <summary>Reads protobuf messages, one inside another, without recursion: nothing reaches past the end of the message
/// that it is in.</summary>
internal ref struct ProtobufReader
{
    private readonly string _file;
    private BoundedReader _reader;
    private long _end;

    /// <summary>A reader over a whole message.</summary>
    public ProtobufReader(ReadOnlySpan<byte> message, string file)
    {
        _reader = new BoundedReader(message, file);
        _end = message.Length;
        _file = file;
    }

    /// <summary>Where the reader is.</summary>
    public readonly long Position => _reader.Position;

    /// <summary>Reads which field comes next; false at the end of the message.</summary>
    public bool TryField(out int number, out WireType type)
    {
        number = 0;
        type = 0;
        if (_reader.Position == _end)
        {
            return false;
        }
        ulong key = Varint("a field's key");
        number = (int)Math.Min(key >> 3, int.MaxValue);
        type = (WireType)(key & 7);
        if (number is 0 or int.MaxValue || type is not (WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32))
        {
            throw Error("a field's key", $"expected a field's number and kind, found {key}");
        }
        return true;
    }

    /// <summary>A whole number.</summary>
    public ulong Varint(string field)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            Need(1, field);
            byte next = _reader.UInt8(field);
            if (shift == 63 && next > 1)
            {
                break;
            }
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
        throw Error(field, "a whole number of more than 64 bits");
    }

    /// <summary>true or false.</summary>
    public bool Flag(string field) => Varint(field) != 0;

    /// <summary>A number in single precision.</summary>
    public float Single(string field)
    {
        Need(4, field);
        return BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadInt32LittleEndian(_reader.Bytes(4L, field)));
    }

    /// <summary>Bytes.</summary>
    public ReadOnlySpan<byte> Bytes(string field)
    {
        ulong length = Varint(field);
        Need(length, field);
        return _reader.Bytes((CheckedSize)length, field);
    }

    /// <summary>Enters a message; gives what <see cref="Leave"/> needs.</summary>
    public long Enter(string field)
    {
        ulong length = Varint(field);
        Need(length, field);
        long outer = _end;
        _end = _reader.Position + (long)length;
        return outer;
    }

    /// <summary>Leaves a message that was read to its end.</summary>
    public void Leave(long outer) => _end = outer;

    /// <summary>Passes over a field.</summary>
    public void Skip(WireType type)
    {
        switch (type)
        {
            case WireType.Varint:
                Varint("an unknown field");
                break;
            case WireType.Bytes:
                Bytes("an unknown field");
                break;
            default:
                ulong length = type == WireType.Fixed64 ? 8UL : 4;
                Need(length, "an unknown field");
                _reader.Skip((CheckedSize)length, "an unknown field");
                break;
        }
    }

    /// <summary>Throws unless a field is written as it must be.</summary>
    public readonly void Expect(WireType expected, WireType found, string field)
    {
        if (expected != found)
        {
            throw Error(field, $"expected {expected}, found {found}");
        }
    }

    /// <summary>An error at the place where the reader is.</summary>
    public readonly InputException Error(string field, string problem) =>
        new($"{_file}: {field} at byte {_reader.Position}: {problem}");

    private readonly void Need(ulong length, string field)
    {
        long left = _end - _reader.Position;
        if (length > (ulong)left)
        {
            throw Error(field, $"{length} bytes are needed, {left} are left");
        }
    }
}
