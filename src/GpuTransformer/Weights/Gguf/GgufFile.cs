using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Weights.Blocks;

namespace GpuTransformer.Weights.Gguf;

/// <summary>A GGUF file, llama.cpp's format, mapped into memory and checked when it is opened: metadata (config and
/// tokenizer) and tensors, perhaps quantized in blocks. What it hands out is good until it is disposed.</summary>
/// <remarks>Versions 2 and 3, little endian. Source: docs/gguf.md of ggml.</remarks>
public sealed unsafe class GgufFile : IDisposable
{
    private readonly MappedFile _mapped;
    private readonly GgufHeader _header;
    private readonly long _dataStart;

    private GgufFile(MappedFile mapped)
    {
        _mapped = mapped;
        _header = GgufHeader.Read(mapped);
        Metadata = new GgufMetadata(mapped, _header.Keys);
        _dataStart = GgufLayout.Check(mapped, _header, GgufLayout.Alignment(Metadata));
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path => _mapped.Path;

    /// <summary>The format's version: 2 or 3.</summary>
    public int Version => (int)_header.Version;

    /// <summary>What the file says of itself.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>How many tensors there are.</summary>
    public int Count => _header.Tensors.Length;

    /// <summary>The tensors, in the order of their names' bytes. Shapes have the outermost dimension first.</summary>
    public IEnumerable<TensorInfo> Tensors
    {
        get
        {
            for (int i = 0; i < Count; i++)
            {
                yield return InfoAt(i);
            }
        }
    }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="InputException">Names the rule that it breaks.</exception>
    public static GgufFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        GgufSplitName.Refuse(path);
        var mapped = MappedFile.Open(path, GgufHeader.ShortestFile, "GGUF");
        try
        {
            return new GgufFile(mapped);
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    /// <summary>The tensor with this name, or null.</summary>
    public TensorInfo? Find(string name)
    {
        int index = IndexOf(name);
        return index < 0 ? null : InfoAt(index);
    }

    /// <summary>The bytes of a range of elements as they are stored; of block types, whole blocks.</summary>
    public ReadOnlySpan<byte> Bytes(TensorInfo info, long elementOffset, long elementCount)
    {
        ArgumentNullException.ThrowIfNull(info);
        int block = info.Dtype.BlockElements();
        Require(info, elementOffset, elementCount);
        if (elementOffset % block != 0 || elementCount % block != 0)
        {
            throw new ShapeException($"{Path}: {info}: elements {elementOffset} and {elementCount} more were asked for, " +
                $"blocks hold {block}");
        }
        long bytes = elementCount / block * info.Dtype.Bytes();
        return bytes <= int.MaxValue
            ? _mapped.Bytes(info.Offset + elementOffset / block * info.Dtype.Bytes(), (int)bytes)
            : throw new ShapeException($"{Path}: {info}: {bytes} bytes at once, the limit is {int.MaxValue}");
    }

    /// <summary>Fills <paramref name="destination"/> with elements from <paramref name="elementOffset"/> on. Blocks are
    /// dequantized as the gguf package does it.</summary>
    public void CopyFloat32(TensorInfo info, long elementOffset, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(info);
        int block = info.Dtype.BlockElements();
        if (block == 1)
        {
            Widening.ToFloat32(info.Dtype, Bytes(info, elementOffset, destination.Length), destination, out _);
            return;
        }
        Require(info, elementOffset, destination.Length);
        int skip = (int)(elementOffset % block);
        long needed = ((long)skip + destination.Length + block - 1) / block * block;
        BlockDecoder.Decode(info.Dtype, Bytes(info, elementOffset - skip, needed), skip, destination);
    }

    /// <summary>A tensor's bytes, which stay mapped until the result is disposed.</summary>
    internal MappedRange Hold(TensorInfo info) => _mapped.Hold(info.Offset, info.ByteLength);

    /// <summary>Lets the file go. Nothing that it handed out may be used after.</summary>
    public void Dispose() => _mapped.Dispose();

    /// <summary>The place of a name in the order of names, or -1.</summary>
    internal int IndexOf(string name) => GgufNameOrder.Find(_mapped, _header.Tensors, Encoding.UTF8.GetBytes(name));

    /// <summary>The tensor at a place in the order of names.</summary>
    internal TensorInfo InfoAt(int index)
    {
        GgufTensorRecord record = GgufLayout.At(_mapped, _header.Tensors[index]);
        string name = Encoding.UTF8.GetString(record.Name);
        CheckedSize offset = (CheckedSize)_dataStart + record.Offset;
        // The descriptions lie in mapped memory: should another program rewrite the file, they are not believed again.
        if (!offset.Within(_mapped.Length) || !record.Bytes.Within(_mapped.Length - offset.Value(name)))
        {
            throw new InputException($"{Path}: tensor {Quoted.Of(name)}: the file changed while it was open");
        }
        return new TensorInfo(name, record.Dtype, record.Shape(), offset.Value(name), record.Bytes.Value(name));
    }

    private void Require(TensorInfo info, long offset, long count)
    {
        long elements = info.ElementCount;
        if (offset < 0 || count < 0 || offset > elements || count > elements - offset)
        {
            throw new ShapeException($"{Path}: {info}: elements {offset} and {count} more were asked for, " +
                $"the tensor has {elements}");
        }
    }
}
