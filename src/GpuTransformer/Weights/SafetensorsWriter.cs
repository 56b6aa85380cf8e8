using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>Collects named tensors and writes them as a safetensors file. Wider elements come first and the header is
/// padded, so that every tensor lies aligned to its element.</summary>
public sealed class SafetensorsWriter
{
    private const int LongestName = 1024;

    private readonly List<Part> _parts = [];
    private readonly HashSet<string> _names = [];
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds a float32 tensor, row-major. The values are not copied: leave them until the file is written.</summary>
    public void Add(string name, ReadOnlyMemory<float> values, params ReadOnlySpan<long> shape) =>
        Add(name, WeightDtype.F32, shape, values.Length, () => MemoryMarshal.AsBytes(values.Span));

    /// <summary>Adds a tensor of 64-bit integers.</summary>
    public void Add(string name, ReadOnlyMemory<long> values, params ReadOnlySpan<long> shape) =>
        Add(name, WeightDtype.I64, shape, values.Length, () => MemoryMarshal.AsBytes(values.Span));

    /// <summary>Adds a tensor of bytes.</summary>
    public void Add(string name, ReadOnlyMemory<byte> values, params ReadOnlySpan<long> shape) =>
        Add(name, WeightDtype.U8, shape, values.Length, () => values.Span);

    /// <summary>Sets a text of the header's __metadata__.</summary>
    public void SetMetadata(string key, string value) => _metadata[key] = value;

    /// <summary>Writes the file to a stream.</summary>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        // OrderBy is stable: tensors of one width stay in the order they were added.
        List<Part> parts = [.. _parts.OrderByDescending(part => part.Dtype.Bytes())];
        ReadOnlySpan<byte> header = Header(parts);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (Part part in parts)
        {
            stream.Write(part.Bytes());
        }
    }

    /// <summary>Writes the file beside its place and moves it there, so that no one sees half of it. A path that cannot
    /// be written is an <see cref="InputException"/> that names it, and leaves nothing behind.</summary>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = OutputFile.Create(path);
        try
        {
            Write(file.Stream);
        }
        catch (Exception error) when (OutputFile.CannotWrite(error))
        {
            throw OutputFile.Refused(path, error);
        }
        file.Commit();
    }

    private void Add(string name, WeightDtype dtype, ReadOnlySpan<long> shape, int count, BytesOf bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == "__metadata__" || Encoding.UTF8.GetByteCount(name) > LongestName)
        {
            throw new InputException($"{Quoted.Of(name)} cannot name a tensor: it is reserved or over {LongestName} bytes");
        }
        if (!CheckedSize.Product(shape).Is(count))
        {
            throw new ShapeException($"{Quoted.Of(name)}: shape {Quoted.Shape(shape)} does not hold {count} elements");
        }
        if (!_names.Add(name))
        {
            throw new InputException($"{Quoted.Of(name)}: a tensor of this name was already added");
        }
        _parts.Add(new Part(name, dtype, shape.ToArray(), (long)count * dtype.Bytes(), bytes));
    }

    private ReadOnlySpan<byte> Header(List<Part> parts)
    {
        var text = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(text);
        json.WriteStartObject();
        if (_metadata.Count > 0)
        {
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in _metadata)
            {
                json.WriteString(key, value);
            }
            json.WriteEndObject();
        }
        long offset = 0;
        foreach (Part part in parts)
        {
            WriteTensor(json, part, offset);
            offset += part.ByteLength;
        }
        json.WriteEndObject();
        json.Flush();
        int padding = -text.WrittenCount & 7;
        text.GetSpan(padding)[..padding].Fill((byte)' ');
        text.Advance(padding);
        return text.WrittenSpan;
    }

    private static void WriteTensor(Utf8JsonWriter json, Part part, long offset)
    {
        json.WriteStartObject(part.Name);
        json.WriteString("dtype", part.Dtype.HeaderName());
        json.WriteStartArray("shape");
        foreach (long dimension in part.Shape)
        {
            json.WriteNumberValue(dimension);
        }
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + part.ByteLength);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private delegate ReadOnlySpan<byte> BytesOf();

    private sealed record Part(string Name, WeightDtype Dtype, long[] Shape, long ByteLength, BytesOf Bytes);
}
