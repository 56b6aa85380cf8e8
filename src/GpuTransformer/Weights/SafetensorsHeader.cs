using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Weights;

/// <summary>The header of a safetensors file: every rule of the format is checked before any tensor is believed. The
/// index it keeps is 28 bytes a tensor (a place and a key) over the header's own text; names and shapes are read from the text again when
/// asked for.</summary>
/// <remarks>Source: the format section of the safetensors README.</remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>Largest header the format allows.</summary>
    public const long LargestHeader = 100_000_000;

    private const int MostTensors = 1_000_000;
    private const int LongestName = 1024;

    private readonly string _file;
    private readonly Memory<int> _keys;
    private readonly Entry[] _entries;

    private SafetensorsHeader(string file, Memory<int> keys, Entry[] entries)
    {
        _file = file;
        _keys = keys;
        _entries = entries;
    }

    /// <summary>How many tensors the file holds.</summary>
    public int Count => _entries.Length;

    /// <summary>Parses and checks <paramref name="json"/>, the header of a file with <paramref name="dataBytes"/> bytes
    /// after it.</summary>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes, string file)
    {
        if (json[0] != '{')
        {
            throw new InputException($"{file}: header: expected '{{' as first byte, found 0x{json[0]:x2}");
        }
        // One key beside the tensors' names: __metadata__.
        Memory<int> keys = JsonText.Check(json, $"{file}: header", onlySpacesAfter: true, MostTensors + 1);
        int metadata = SafetensorsHeaderText.FindMetadata(json, keys.Span);
        int count = keys.Length - (metadata < 0 ? 0 : 1);
        if (count > MostTensors)
        {
            throw new InputException($"{file}: header: {count} tensors, the limit is {MostTensors}");
        }
        if (metadata >= 0)
        {
            SafetensorsHeaderText.CheckMetadata(json, keys.Span[metadata], file);
            keys.Span[(metadata + 1)..].CopyTo(keys.Span[metadata..]);
        }
        keys = keys[..count];
        var entries = new Entry[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = ReadEntry(json, keys.Span[i], file);
        }
        CheckLayout(json, keys.Span, entries, dataBytes, file);
        return new SafetensorsHeader(file, keys, entries);
    }

    /// <summary>The place of the tensor with this name in the order of names, or -1.</summary>
    public int Find(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        int low = 0;
        int high = _keys.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = JsonKeys.CompareWith(json[_keys.Span[middle]..], name);
            if (order == 0)
            {
                return middle;
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }

    /// <summary>The text of a tensor's name, from just after its opening quote.</summary>
    public ReadOnlySpan<byte> NameAt(ReadOnlySpan<byte> json, int index) => json[_keys.Span[index]..];

    /// <summary>What is known of the tensor at a place in the order of names.</summary>
    public TensorInfo Info(ReadOnlySpan<byte> json, int index)
    {
        Entry entry = _entries[index];
        string name = SafetensorsHeaderText.Name(json, _keys.Span[index], _file);
        var shape = new long[entry.Rank];
        SafetensorsHeaderText.ReadShape(json[entry.ShapeAt..], name, _file, shape);
        long bytes = entry.End - entry.Begin;
        // The header lies in mapped memory: should another program rewrite the file, its shape is not believed again.
        if (!(CheckedSize.Product(shape) * (long)entry.Dtype.Bytes()).Is(bytes))
        {
            throw new InputException($"{_file}: tensor {Quoted.Of(name)}: the file changed while it was open");
        }
        return new TensorInfo(name, entry.Dtype, shape, 8 + json.Length + entry.Begin, bytes);
    }

    private static Entry ReadEntry(ReadOnlySpan<byte> json, int key, string file)
    {
        if (JsonKeys.LengthUpTo(json[key..], LongestName) > LongestName)
        {
            throw new InputException(
                $"{file}: header: a tensor's name has over {LongestName} bytes: {Quoted.Of(json.Slice(key, LongestName))}");
        }
        int start = JsonKeys.ValueStart(json, key);
        Entry entry = SafetensorsHeaderText.ReadTensor(json, key, start, file, out CheckedSize elements);
        CheckedSize bytes = elements * (long)entry.Dtype.Bytes();
        if (!bytes.Is(entry.End - entry.Begin))
        {
            string name = SafetensorsHeaderText.Name(json, key, file);
            throw new InputException($"{file}: tensor {Quoted.Of(name)}: shape and dtype {entry.Dtype.HeaderName()} " +
                $"need {bytes} bytes, data_offsets hold {entry.End - entry.Begin}");
        }
        return entry;
    }

    // In order of offsets each tensor begins where the one before ended, and the last ends with the file.
    private static void CheckLayout(
        ReadOnlySpan<byte> json, ReadOnlySpan<int> keys, Entry[] entries, long dataBytes, string file)
    {
        var order = new int[entries.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }
        // A tensor of no bytes comes before the one that begins at the same place.
        Array.Sort(order, (a, b) => entries[a].Begin != entries[b].Begin
            ? entries[a].Begin.CompareTo(entries[b].Begin)
            : entries[a].End.CompareTo(entries[b].End));
        long end = 0;
        foreach (int index in order)
        {
            if (entries[index].Begin != end)
            {
                string name = Quoted.Of(SafetensorsHeaderText.Name(json, keys[index], file));
                string kind = entries[index].Begin > end ? "leaves a gap" : "overlaps another tensor";
                throw new InputException($"{file}: tensor {name}: data_offsets: expected to begin at {end}, where the " +
                    $"tensor before it ends, found {entries[index].Begin}: it {kind}");
            }
            end = entries[index].End;
        }
        if (end != dataBytes)
        {
            throw new InputException($"{file}: data_offsets: the tensors end at byte {end} of the data, " +
                $"the file holds {dataBytes} bytes of data");
        }
    }

    /// <summary>A tensor's place: offsets into the data, where its shape stands in the header, and its kind.</summary>
    internal struct Entry
    {
        /// <summary>First byte of the data.</summary>
        public long Begin;

        /// <summary>The byte after the last.</summary>
        public long End;

        /// <summary>Where the shape's '[' stands in the header.</summary>
        public int ShapeAt;

        /// <summary>How many dimensions.</summary>
        public ushort Rank;

        /// <summary>How elements are written.</summary>
        public WeightDtype Dtype;
    }
}
