using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>Checks where the tensors of a GGUF file lie: in order of their offsets each begins where the one before
/// ended, rounded up to the alignment, and the file ends with the last.</summary>
internal static unsafe class GgufLayout
{
    /// <summary>The alignment of a file that names none.</summary>
    public const uint DefaultAlignment = 32;

    private const uint LargestAlignment = 1 << 20;

    /// <summary>Checks the alignment that a file asks for.</summary>
    public static uint Alignment(GgufMetadata metadata)
    {
        const string Key = "general.alignment";
        if (!metadata.Has(Key))
        {
            return DefaultAlignment;
        }
        metadata.RequireType(Key, GgufValueType.U32);
        long alignment = metadata.Whole(Key, long.MinValue, long.MaxValue);
        return alignment is > 0 and <= LargestAlignment && (alignment & (alignment - 1)) == 0
            ? (uint)alignment
            : throw metadata.Error(Key, $"a power of two from 1 to {LargestAlignment}", $"{alignment}");
    }

    /// <summary>Checks every tensor; gives the first byte of the data.</summary>
    public static long Check(MappedFile file, GgufHeader header, uint alignment)
    {
        long start = header.End + Padding(header.End, alignment);
        int count = header.Tensors.Length;
        if (count == 0)
        {
            // A file of metadata alone may end with it, or be filled up.
            return file.Length <= start
                ? file.Length
                : throw new InputException($"{file.Path}: expected the end at byte {start}, found {file.Length} bytes");
        }
        if (start > file.Length)
        {
            throw new InputException($"{file.Path}: the data begin at byte {start}, the file has {file.Length} bytes");
        }
        var offsets = new ulong[count];
        var order = new int[count];
        for (int i = 0; i < count; i++)
        {
            order[i] = header.Tensors[i];
            offsets[i] = At(file, order[i]).Offset;
        }
        Array.Sort(offsets, order);
        CheckedSize end = 0L;
        foreach (int place in order)
        {
            end = EndOf(At(file, place), end, file, file.Length - start, alignment);
        }
        if (!end.Is(file.Length - start))
        {
            throw new InputException($"{file.Path}: the tensors end at byte {end} of the data, " +
                $"the file holds {file.Length - start} bytes of data");
        }
        return start;
    }

    /// <summary>The description at a place.</summary>
    public static GgufTensorRecord At(MappedFile file, int place)
    {
        var reader = new BoundedReader(file.Start + place, file.Length - place, file.Path);
        return GgufHeader.Tensor(ref reader);
    }

    private static CheckedSize EndOf(
        in GgufTensorRecord tensor, CheckedSize expected, MappedFile file, long dataBytes, uint alignment)
    {
        CheckedSize offset = tensor.Offset;
        if (!expected.IsKnown || !offset.Equals(expected))
        {
            throw new InputException($"{file.Path}: tensor {Quoted.Of(tensor.Name)}: offset: expected {expected}, where " +
                $"the tensor before it ends, found {tensor.Offset}");
        }
        long left = dataBytes - offset.Value("offset");
        CheckedSize bytes = tensor.Bytes;
        if (!bytes.Within(left))
        {
            throw new InputException($"{file.Path}: tensor {Quoted.Of(tensor.Name)}: shape " +
                $"{Quoted.Shape(tensor.Shape())} of {tensor.Dtype} needs {bytes} bytes, {Math.Max(0, left)} are left");
        }
        long length = bytes.Value("tensor");
        return offset + length + Padding(length, alignment);
    }

    // Offsets are multiples of the alignment, so that padding depends on the length alone.
    private static long Padding(long length, uint alignment) => -length & (alignment - 1);
}
