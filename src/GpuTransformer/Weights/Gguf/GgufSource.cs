using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>A tensor of an open GGUF file; <see cref="WeightSource.Dtype"/> is the stored block type.</summary>
internal sealed class GgufSource(GgufFile file, TensorInfo info, string name)
    : WeightSource(name, info.Dtype, info.Shape)
{
    public override void CopyFloat32(long elementOffset, Span<float> destination) =>
        file.CopyFloat32(info, elementOffset, destination);

    public override ReadOnlySpan<byte> Bytes(long elementOffset, long elementCount) =>
        file.Bytes(info, elementOffset, elementCount);

    internal override MappedRange? Hold() => file.Hold(info);
}

/// <summary>The rows of a query or key projection in Hugging Face's order. llama.cpp rotates neighbours, Hugging Face the
/// two halves of a head, so that llama.cpp's converter puts row i of the first half at 2 i and row i of the second half
/// at 2 i + 1.</summary>
/// <remarks>Source: LlamaModel.permute of convert_hf_to_gguf.py.</remarks>
internal sealed class InterleavedRows : WeightSource
{
    private readonly WeightSource _stored;
    private readonly int _headRows;
    private readonly long _width;

    /// <summary>Over rows of heads of <paramref name="headRows"/>, an even number that divides the rows.</summary>
    public InterleavedRows(WeightSource stored, int headRows) : base(stored.Name, stored.Dtype, stored.Shape)
    {
        _stored = stored;
        _headRows = headRows;
        _width = ElementCount / Shape[0];
    }

    public override void CopyFloat32(long elementOffset, Span<float> destination)
    {
        while (destination.Length > 0)
        {
            (long row, long column) = Math.DivRem(elementOffset, _width);
            int count = (int)Math.Min(_width - column, destination.Length);
            _stored.CopyFloat32(StoredRow(row) * _width + column, destination[..count]);
            destination = destination[count..];
            elementOffset += count;
        }
    }

    public override ReadOnlySpan<byte> Bytes(long elementOffset, long elementCount)
    {
        (long row, long column) = Math.DivRem(elementOffset, _width);
        return elementCount <= _width - column
            ? _stored.Bytes(StoredRow(row) * _width + column, elementCount)
            : throw new ShapeException($"{Name}: {elementCount} elements from column {column} of a row of {_width}: " +
                "rows lie in another order, ask for one at a time");
    }

    private long StoredRow(long row)
    {
        (long head, long within) = Math.DivRem(row, _headRows);
        (long half, long i) = Math.DivRem(within, _headRows / 2);
        return head * _headRows + 2 * i + half;
    }
}
