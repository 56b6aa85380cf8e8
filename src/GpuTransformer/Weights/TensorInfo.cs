namespace GpuTransformer.Weights;

/// <summary>Where a tensor lies in its file. Every number was checked when the file was opened.</summary>
/// <param name="Name">The tensor's name in the file.</param>
/// <param name="Dtype">How the elements are written.</param>
/// <param name="Shape">Dimensions, outermost first; row-major. Empty for a single value.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="ByteLength">Bytes: the product of the shape times the size of an element, or of a block by its elements.</param>
public sealed record TensorInfo(string Name, WeightDtype Dtype, long[] Shape, long Offset, long ByteLength)
{
    /// <summary>How many elements the tensor has.</summary>
    public long ElementCount => ByteLength / Dtype.Bytes() * Dtype.BlockElements();

    /// <summary>"name" F16 [2, 3].</summary>
    public override string ToString() => $"{Quoted.Of(Name)} {Dtype.HeaderName()} {Quoted.Shape(Shape)}";
}
