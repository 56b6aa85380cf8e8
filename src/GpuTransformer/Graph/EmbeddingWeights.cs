using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Graph;

/// <summary>A table of rows, (rows, width): embeddings, positions, class tokens. In float32 on the device, or as its file
/// stores it, mapped.</summary>
internal sealed unsafe class EmbeddingWeights(string name, int rows, int width) : IDisposable
{
    private DeviceMemory<float>? _table;
    private MappedRange? _mapped;
    private delegate*<byte*, float*, int, void> _widen;

    public string Name => name;

    public int Rows => rows;

    public int Width => width;

    /// <summary>How the rows are stored.</summary>
    public WeightDtype Dtype { get; private set; } = WeightDtype.F32;

    /// <summary>Whether the rows lie in a mapped file, which <see cref="Stored"/> names.</summary>
    public bool IsMapped => _mapped is not null;

    /// <summary>Bytes of the rows.</summary>
    public long ByteSize => _mapped?.Length ?? (long)rows * width * sizeof(float);

    /// <summary>The rows on the device.</summary>
    public RowView View => new((_table ?? throw NotFilled()).View, 0, width);

    /// <summary>The rows in the file.</summary>
    public StoredTable Stored => _mapped is null ? throw NotFilled() : new StoredTable
    {
        Rows = _mapped.Start,
        RowBytes = _mapped.Length / rows,
        Widen = _widen,
    };

    public void Fill(DeviceMemory<float> table) => _table = table;

    /// <summary>Takes the rows where they are mapped.</summary>
    /// <returns>False where they are not, or cannot be read there.</returns>
    public bool TryMap(WeightSource source)
    {
        _widen = RowWidening.Of(source.Dtype, width);
        if (_widen == null || source.Hold() is not { } mapped)
        {
            return false;
        }

        (_mapped, Dtype) = (mapped, source.Dtype);
        return true;
    }

    public void Dispose()
    {
        _table?.Dispose();
        _mapped?.Dispose();
    }

    private InvalidOperationException NotFilled() => new($"{name} is not filled yet.");
}
