using System.Runtime.InteropServices;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>One stored tensor that a packer consumes range by range, so that a matrix is never held twice. Good until
/// the store that it came from is disposed.</summary>
public abstract class WeightSource
{
    private readonly long[] _shape;

    /// <summary>A tensor of this name, kind and shape.</summary>
    protected WeightSource(string name, WeightDtype dtype, ReadOnlySpan<long> shape)
    {
        Name = name;
        Dtype = dtype;
        _shape = shape.ToArray();
        ElementCount = CheckedSize.Product(shape).Value(name);
    }

    /// <summary>The tensor's name in its file.</summary>
    public string Name { get; }

    /// <summary>How the elements are written.</summary>
    public WeightDtype Dtype { get; }

    /// <summary>Dimensions, outermost first; row-major.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>How many elements the tensor has.</summary>
    public long ElementCount { get; }

    /// <summary>A source over an array in memory.</summary>
    public static WeightSource FromArray(string name, float[] values, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(values);
        return CheckedSize.Product(shape).Is(values.Length)
            ? new ArraySource(name, values, shape)
            : throw new ShapeException($"{name}: shape {Quoted.Shape(shape)} does not hold {values.Length} elements");
    }

    /// <summary>Fills <paramref name="destination"/> with elements from <paramref name="elementOffset"/> on, as
    /// <see cref="SafetensorsFile.CopyFloat32"/> does.</summary>
    public abstract void CopyFloat32(long elementOffset, Span<float> destination);

    /// <summary>The bytes of a range of elements as they are stored, for packers that keep weights narrow.</summary>
    public abstract ReadOnlySpan<byte> Bytes(long elementOffset, long elementCount);

    /// <summary>The whole tensor where it is mapped, row after row, kept so until the result is disposed; null where it is
    /// not mapped, or its rows lie in another order.</summary>
    internal virtual MappedRange? Hold() => null;

    /// <summary>Fills <paramref name="destination"/> with whole rows from <paramref name="row"/> on; a row is what one
    /// index of the first dimension holds.</summary>
    public void CopyRows(long row, Span<float> destination)
    {
        if (_shape.Length == 0 || _shape[0] == 0)
        {
            throw new ShapeException($"{Name}: shape {Quoted.Shape(_shape)} has no rows");
        }
        long width = ElementCount / _shape[0];
        CheckedSize offset = (CheckedSize)row * width;
        if (!offset.Within(ElementCount))
        {
            throw new ShapeException($"{Name}: row {row} was asked for, the tensor has {_shape[0]}");
        }
        CopyFloat32(offset.Value(Name), destination);
    }

    /// <summary>All elements as float32.</summary>
    public float[] ReadFloat32()
    {
        if (ElementCount > Array.MaxLength)
        {
            throw new ShapeException($"{Name}: {ElementCount} elements do not fit one array");
        }
        var values = new float[ElementCount];
        CopyFloat32(0, values);
        return values;
    }

    /// <summary>"name" F16 [2, 3].</summary>
    public override string ToString() => $"{Quoted.Of(Name)} {Dtype.HeaderName()} {Quoted.Shape(_shape)}";

    private sealed class ArraySource(string name, float[] values, ReadOnlySpan<long> shape)
        : WeightSource(name, WeightDtype.F32, shape)
    {
        public override void CopyFloat32(long elementOffset, Span<float> destination) =>
            Range(elementOffset, destination.Length).CopyTo(destination);

        public override ReadOnlySpan<byte> Bytes(long elementOffset, long elementCount) =>
            MemoryMarshal.AsBytes(Range(elementOffset, elementCount));

        private ReadOnlySpan<float> Range(long offset, long count) =>
            offset >= 0 && count >= 0 && offset <= values.Length && count <= values.Length - offset
                ? values.AsSpan((int)offset, (int)count)
                : throw new ShapeException($"{Name}: elements {offset} and {count} more were asked for, " +
                    $"the tensor has {values.Length}");
    }
}

/// <summary>A tensor of an open safetensors file.</summary>
internal sealed class SafetensorsSource(SafetensorsFile file, TensorInfo info)
    : WeightSource(info.Name, info.Dtype, info.Shape)
{
    public override void CopyFloat32(long elementOffset, Span<float> destination) =>
        file.CopyFloat32(info, elementOffset, destination);

    public override ReadOnlySpan<byte> Bytes(long elementOffset, long elementCount) =>
        file.Bytes(info, elementOffset, elementCount);

    internal override MappedRange? Hold() => file.Hold(info);
}

/// <summary>What a store hands out for a tensor that it lacks, so that a model can name all it needs before
/// <see cref="WeightStore.Check"/> reports every problem at once. Reading it is an error.</summary>
internal sealed class MissingSource(string name, ReadOnlySpan<long> shape)
    : WeightSource(name, WeightDtype.F32, Known(shape))
{
    public override void CopyFloat32(long elementOffset, Span<float> destination) => throw Missing();

    public override ReadOnlySpan<byte> Bytes(long elementOffset, long elementCount) => throw Missing();

    private InputException Missing() => new($"the weight {Quoted.Of(Name)} is missing");

    private static long[] Known(ReadOnlySpan<long> shape)
    {
        long[] known = shape.ToArray();
        for (int i = 0; i < known.Length; i++)
        {
            known[i] = Math.Max(0, known[i]);
        }
        return known;
    }
}
