using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>A safetensors file, mapped into memory and checked when it is opened: an 8-byte length, a JSON header that
/// names tensors, their bytes one after another. Spans and sources that it hands out are good until it is
/// disposed.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    // The length and {}.
    private const long ShortestFile = 10;

    private readonly MappedFile _mapped;
    private readonly int _headerBytes;
    private readonly SafetensorsHeader _header;

    private SafetensorsFile(MappedFile mapped)
    {
        _mapped = mapped;
        var reader = new BoundedReader(mapped.Start, mapped.Length, Path);
        ulong header = reader.UInt64("header length");
        if (header < 2 || header > SafetensorsHeader.LargestHeader)
        {
            throw new InputException($"{Path}: header length: expected 2 to {SafetensorsHeader.LargestHeader}, " +
                $"found {header}");
        }
        ReadOnlySpan<byte> json = reader.Bytes(header, "header");
        _headerBytes = json.Length;
        _header = SafetensorsHeader.Parse(json, reader.Left, Path);
        Tensors = new TensorTable(this);
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path => _mapped.Path;

    /// <summary>Every tensor by name, in the order of the names' bytes.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>How many tensors the file holds.</summary>
    internal int Count => _header.Count;

    private ReadOnlySpan<byte> Json => new(_mapped.Start + 8, _headerBytes);

    /// <summary>Opens and checks a file. An <see cref="InputException"/> names the rule that it breaks.</summary>
    public static SafetensorsFile Open(string path)
    {
        var mapped = MappedFile.Open(path, ShortestFile, "safetensors");
        try
        {
            return new SafetensorsFile(mapped);
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    /// <summary>The tensor's bytes as they stand in the file: at most 2^31-1 of them.</summary>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        TensorInfo info = Info(name);
        return Bytes(info, 0, info.ElementCount);
    }

    /// <summary>The bytes of <paramref name="elementCount"/> elements from <paramref name="elementOffset"/>.</summary>
    public ReadOnlySpan<byte> Bytes(TensorInfo info, long elementOffset, long elementCount)
    {
        ArgumentNullException.ThrowIfNull(info);
        long elements = info.ElementCount;
        if (elementOffset < 0 || elementCount < 0 || elementOffset > elements || elementCount > elements - elementOffset)
        {
            throw new ShapeException($"{Path}: {info}: elements {elementOffset} and {elementCount} more were asked for, " +
                $"the tensor has {elements}");
        }
        int size = info.Dtype.Bytes();
        if (elementCount > int.MaxValue / size)
        {
            throw new ShapeException(
                $"{Path}: {info}: {elementCount} elements at once, the limit is {int.MaxValue / size}");
        }
        return new ReadOnlySpan<byte>(_mapped.Start + info.Offset + elementOffset * size, (int)elementCount * size);
    }

    /// <summary>A tensor's bytes, which stay mapped until the result is disposed.</summary>
    internal MappedRange Hold(TensorInfo info) => _mapped.Hold(info.Offset, info.ByteLength);

    /// <summary>All elements as float32.</summary>
    public float[] ReadFloat32(string name)
    {
        TensorInfo info = Info(name);
        var values = new float[Checked32(info)];
        CopyFloat32(info, 0, values);
        return values;
    }

    /// <summary>Fills <paramref name="destination"/> with elements from <paramref name="elementOffset"/> on. float16,
    /// bfloat16 and integers are widened exactly (an integer that float32 cannot hold is an error); float64 is rounded
    /// to nearest even.</summary>
    public void CopyFloat32(TensorInfo info, long elementOffset, Span<float> destination)
    {
        ReadOnlySpan<byte> bytes = Bytes(info, elementOffset, destination.Length);
        if (!Widening.ToFloat32(info.Dtype, bytes, destination, out int inexact))
        {
            throw new InputException(
                $"{Path}: {info}: element {elementOffset + inexact} is an integer that float32 cannot hold exactly");
        }
    }

    /// <summary>All elements of an integer tensor as 64-bit integers.</summary>
    public long[] ReadInt64(string name)
    {
        TensorInfo info = Info(name);
        if (info.Dtype.IsFloat())
        {
            throw new InputException($"{Path}: {info}: expected integers, found {info.Dtype.HeaderName()}");
        }
        var values = new long[Checked32(info)];
        if (!Widening.ToInt64(info.Dtype, Bytes(info, 0, values.Length), values, out int tooLarge))
        {
            throw new InputException($"{Path}: {info}: element {tooLarge} is over {long.MaxValue}");
        }
        return values;
    }

    /// <summary>Lets the file go. Nothing that it handed out may be used after.</summary>
    public void Dispose() => _mapped.Dispose();

    /// <summary>The place of a name in the order of names, or -1.</summary>
    internal int Find(ReadOnlySpan<byte> name) => _header.Find(Json, name);

    /// <summary>The tensor at a place in the order of names.</summary>
    internal TensorInfo InfoAt(int index) => _header.Info(Json, index);

    /// <summary>The header's text of a name, from after its opening quote.</summary>
    internal ReadOnlySpan<byte> NameAt(int index) => _header.NameAt(Json, index);

    private TensorInfo Info(string name) =>
        Tensors.TryGetValue(name, out TensorInfo? info)
            ? info
            : throw new InputException($"{Path}: there is no tensor {Quoted.Of(name)}");

    private int Checked32(TensorInfo info) => info.ElementCount <= Array.MaxLength
        ? (int)info.ElementCount
        : throw new ShapeException($"{Path}: {info}: {info.ElementCount} elements do not fit one array");

    // Names and shapes stay in the mapped header; each look-up makes one TensorInfo.
    private sealed class TensorTable(SafetensorsFile file) : IReadOnlyDictionary<string, TensorInfo>
    {
        public int Count => file.Count;

        public IEnumerable<string> Keys => this.Select(pair => pair.Key);

        public IEnumerable<TensorInfo> Values => this.Select(pair => pair.Value);

        public TensorInfo this[string key] => file.Info(key);

        public bool ContainsKey(string key) => file.Find(Encoding.UTF8.GetBytes(key)) >= 0;

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out TensorInfo value)
        {
            int index = file.Find(Encoding.UTF8.GetBytes(key));
            value = index < 0 ? null : file.InfoAt(index);
            return index >= 0;
        }

        public IEnumerator<KeyValuePair<string, TensorInfo>> GetEnumerator()
        {
            for (int i = 0; i < file.Count; i++)
            {
                TensorInfo info = file.InfoAt(i);
                yield return new(info.Name, info);
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
