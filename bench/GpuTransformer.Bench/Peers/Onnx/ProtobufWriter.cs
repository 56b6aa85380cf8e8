using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace GpuTransformer.Bench.Peers;

/// <summary>Fields of one protobuf message, in the order they are added (encoding: protobuf.dev, "Encoding").</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;
    private const int MostVarintBytes = 10;
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>int32, int64 or an enum.</summary>
    public ProtobufWriter Integer(int field, long value)
    {
        Tag(field, Varint);
        Number((ulong)value);
        return this;
    }

    /// <summary>float.</summary>
    public ProtobufWriter Float(int field, float value)
    {
        Tag(field, Fixed32);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>string.</summary>
    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>bytes.</summary>
    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, LengthDelimited);
        Number((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    /// <summary>A message in a message.</summary>
    public ProtobufWriter Message(int field, ProtobufWriter message) =>
        Bytes(field, message._bytes.WrittenSpan);

    /// <summary>The message.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private void Tag(int field, int wireType) => Number((ulong)(field << 3 | wireType));

    private void Number(ulong value)
    {
        Span<byte> bytes = stackalloc byte[MostVarintBytes];
        var count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[count++] = (byte)(value | 0x80);
        }

        bytes[count++] = (byte)value;
        _bytes.Write(bytes[..count]);
    }
}
