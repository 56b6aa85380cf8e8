using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>Reads a binary file front to back and never past its end: every request is compared with the bytes that
/// are left before it is served, every step moves forward, and every error names the file, the field and both
/// numbers. It works over mapped memory of any length.</summary>
internal ref struct BoundedReader
{
    private readonly ref readonly byte _start;
    private readonly long _length;
    private readonly string _file;
    private long _position;

    /// <summary>A reader over <paramref name="bytes"/>; <paramref name="file"/> is the name that errors begin with.</summary>
    public BoundedReader(ReadOnlySpan<byte> bytes, string file)
    {
        _start = ref MemoryMarshal.GetReference(bytes);
        _length = bytes.Length;
        _file = file;
    }

    /// <summary>A reader over <paramref name="length"/> bytes of mapped memory.</summary>
    public unsafe BoundedReader(byte* start, long length, string file)
    {
        _start = ref *start;
        _length = length;
        _file = file;
    }

    /// <summary>The name in the file of what is being read; errors show it when it is not empty.</summary>
    public ReadOnlySpan<byte> Within { get; set; }

    /// <summary>Bytes read so far.</summary>
    public readonly long Position => _position;

    /// <summary>Bytes not yet read.</summary>
    public readonly long Left => _length - _position;

    /// <summary>The next <paramref name="count"/> bytes.</summary>
    public ReadOnlySpan<byte> Bytes(CheckedSize count, string field)
    {
        if (!count.Within(Left))
        {
            throw Error(field, $"{count} bytes are needed, {Left} are left");
        }
        if (!count.Within(int.MaxValue))
        {
            throw Error(field, $"{count} bytes at once, the limit is {int.MaxValue}");
        }
        int length = (int)count.Value(field);
        ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpan(
            ref Unsafe.AddByteOffset(ref Unsafe.AsRef(in _start), (nint)_position), length);
        _position += length;
        return bytes;
    }

    /// <summary>Passes over <paramref name="count"/> bytes unread.</summary>
    public void Skip(CheckedSize count, string field)
    {
        if (!count.Within(Left))
        {
            throw Error(field, $"{count} bytes are to be skipped, {Left} are left");
        }
        _position += count.Value(field);
    }

    /// <summary>One byte.</summary>
    public byte UInt8(string field) => Bytes(1L, field)[0];

    /// <summary>Two bytes, little endian.</summary>
    public ushort UInt16(string field) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2L, field));

    /// <summary>Four bytes, little endian.</summary>
    public uint UInt32(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4L, field));

    /// <summary>Eight bytes, little endian.</summary>
    public ulong UInt64(string field) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8L, field));

    /// <summary>A 64-bit count of records of at least <paramref name="recordBytes"/> each, no more than the bytes left
    /// can hold; what it returns may size a buffer.</summary>
    public long Count(long recordBytes, string field)
    {
        ulong count = UInt64(field);
        if (!((CheckedSize)count * recordBytes).Within(Left))
        {
            throw Error(field, $"{count} records of at least {recordBytes} bytes, {Left} bytes are left");
        }
        return (long)count;
    }

    /// <summary>The error for what stands at the place that was read last.</summary>
    public readonly InputException Error(string field, string problem)
    {
        string within = Within.IsEmpty ? "" : $" of {Quoted.Of(Within)}";
        return new InputException($"{_file}: {field}{within} at byte {_position}: {problem}");
    }
}
