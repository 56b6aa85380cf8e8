using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using GpuTransformer.Weights.Gguf;

namespace GpuTransformer.Tests.Weights.Gguf;

/// <summary>Writes GGUF files, whole or broken in one place.</summary>
internal sealed class GgufBuilder
{
    private readonly List<byte[]> _pairs = [];
    private readonly List<(string Name, ulong[] Sizes, uint Type, byte[] Data)> _tensors = [];

    /// <summary>The number after the mark.</summary>
    public uint Version { get; set; } = 3;

    /// <summary>The tensor count that the file states; null: the truth.</summary>
    public ulong? TensorCount { get; set; }

    /// <summary>The metadata count that the file states; null: the truth.</summary>
    public ulong? PairCount { get; set; }

    /// <summary>What tensors are aligned to.</summary>
    public int Alignment { get; set; } = 32;

    /// <summary>Offsets that the file states, by the tensor's place; the others are true.</summary>
    public Dictionary<int, ulong> Offsets { get; } = [];

    public GgufBuilder Text(string key, string value) => Pair(key, GgufValueType.Text, String(value));

    public GgufBuilder UInt32(string key, uint value) => Pair(key, GgufValueType.U32, BitConverter.GetBytes(value));

    public GgufBuilder Float32(string key, float value) => Pair(key, GgufValueType.F32, BitConverter.GetBytes(value));

    public GgufBuilder Flag(string key, bool value) => Pair(key, GgufValueType.Bool, [value ? (byte)1 : (byte)0]);

    public GgufBuilder Texts(string key, params string[] values) =>
        Array(key, GgufValueType.Text, (ulong)values.Length, [.. values.SelectMany(String)]);

    /// <summary>An array; count and bytes need not agree.</summary>
    public GgufBuilder Array(string key, GgufValueType element, ulong count, byte[] items) =>
        Pair(key, GgufValueType.Array, [.. Bytes((uint)element), .. BitConverter.GetBytes(count), .. items]);

    /// <summary>A pair of any bytes.</summary>
    public GgufBuilder Pair(string key, GgufValueType type, byte[] value) =>
        Raw([.. String(key), .. Bytes((uint)type), .. value]);

    /// <summary>The bytes of a pair as they are.</summary>
    public GgufBuilder Raw(byte[] pair)
    {
        _pairs.Add(pair);
        return this;
    }

    /// <summary>Takes a key away.</summary>
    public GgufBuilder Without(string key)
    {
        byte[] start = String(key);
        _pairs.RemoveAll(pair => pair.AsSpan().StartsWith(start));
        return this;
    }

    /// <summary>A pair, where there are bytes of a value.</summary>
    public GgufBuilder AddUnlessEmpty(string key, GgufValueType type, byte[] value) =>
        value.Length == 0 ? this : Pair(key, type, value);

    /// <summary>A tensor; sizes innermost first, as the file has them.</summary>
    public GgufBuilder Tensor(string name, uint type, byte[] data, params ulong[] sizes)
    {
        _tensors.Add((name, sizes, type, data));
        return this;
    }

    /// <summary>A float32 tensor.</summary>
    public GgufBuilder Tensor(string name, float[] values, params ulong[] sizes) =>
        Tensor(name, 0, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), sizes);

    /// <summary>The file.</summary>
    public byte[] Build()
    {
        using var file = new MemoryStream();
        file.Write("GGUF"u8);
        file.Write(Bytes(Version));
        file.Write(BitConverter.GetBytes(TensorCount ?? (ulong)_tensors.Count));
        file.Write(BitConverter.GetBytes(PairCount ?? (ulong)_pairs.Count));
        _pairs.ForEach(pair => file.Write(pair));
        ulong offset = 0;
        for (int i = 0; i < _tensors.Count; i++)
        {
            (string name, ulong[] sizes, uint type, byte[] data) = _tensors[i];
            file.Write(String(name));
            file.Write(Bytes((uint)sizes.Length));
            file.Write(MemoryMarshal.AsBytes(sizes.AsSpan()));
            file.Write(Bytes(type));
            file.Write(BitConverter.GetBytes(Offsets.GetValueOrDefault(i, offset)));
            offset += (ulong)(data.Length + Padding(data.Length));
        }
        file.Write(new byte[Padding(file.Length)]);
        foreach ((_, _, _, byte[] data) in _tensors)
        {
            file.Write(data);
            file.Write(new byte[Padding(data.Length)]);
        }
        return file.ToArray();
    }

    /// <summary>A length and text.</summary>
    public static byte[] String(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return [.. BitConverter.GetBytes((ulong)utf8.Length), .. utf8];
    }

    /// <summary>A little-endian number.</summary>
    public static byte[] Bytes(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private int Padding(long length) => (int)(-length & (Alignment - 1));
}
