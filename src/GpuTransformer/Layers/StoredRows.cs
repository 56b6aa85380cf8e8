using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Layers;

/// <summary>Rows of a stored tensor as the packer reads them: widened piece by piece, from the mapped file.</summary>
internal sealed class StoredRows : WeightRows
{
    private readonly WeightSource _source;
    private readonly long _first;
    private readonly int _width;

    private StoredRows(WeightSource source, int first, int n, int k, int width, bool isTransposed)
        : base(source.Name, n, k, isTransposed)
    {
        _source = source;
        _first = first;
        _width = width;
    }

    /// <summary>Rows [first, first + n) of a tensor (out, in…), as torch.nn.Linear and convolutions store it.</summary>
    public static StoredRows Of(WeightSource source, int first, int n, int k) => new(source, first, n, k, k, isTransposed: false);

    /// <summary>A tensor (in, out), as GPT-2's Conv1D stores it.</summary>
    public static StoredRows Transposed(WeightSource source, int n, int k) => new(source, 0, n, k, n, isTransposed: true);

    /// <inheritdoc/>
    public override WeightEncoding StoredEncoding => _width % _source.Dtype.BlockElements() != 0 ? WeightEncoding.F32 : _source.Dtype switch
    {
        WeightDtype.F16 => WeightEncoding.F16,
        WeightDtype.BF16 => WeightEncoding.BF16,
        WeightDtype.Q8_0 => WeightEncoding.Q8_0,
        WeightDtype.Q4_0 => WeightEncoding.Q4_0,
        WeightDtype.Q4_1 => WeightEncoding.Q4_1,
        WeightDtype.Q4_K => WeightEncoding.Q4_K,
        WeightDtype.Q6_K => WeightEncoding.Q6_K,
        _ => WeightEncoding.F32,
    };

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> StoredBytes(int row, int column, int count) =>
        _source.Bytes((_first + row) * _width + column, count);

    /// <inheritdoc/>
    public override void Read(int row, int column, Span<float> values) =>
        _source.CopyFloat32((_first + row) * _width + column, values);
}
