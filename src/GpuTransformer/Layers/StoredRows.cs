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
    public override void Read(int row, int column, Span<float> values) =>
        _source.CopyFloat32((_first + row) * _width + column, values);
}
