using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer;

/// <summary>A named tensor in host memory, float32 or int64, row-major.</summary>
public sealed class HostTensor
{
    private readonly float[]? _floats;
    private readonly long[]? _integers;

    /// <summary>A float32 tensor.</summary>
    public HostTensor(string name, float[] values, params long[] shape)
        : this(name, shape, values?.LongLength ?? 0) => _floats = values;

    /// <summary>An int64 tensor.</summary>
    public HostTensor(string name, long[] values, params long[] shape)
        : this(name, shape, values?.LongLength ?? 0) => _integers = values;

    private HostTensor(string name, long[] shape, long elements)
    {
        var expected = shape.Aggregate(1L, (a, b) => checked(a * b));
        if (expected != elements)
        {
            throw new ShapeException($"{name}: shape [{string.Join(", ", shape)}] holds {expected} elements, found {elements}.");
        }

        Name = name;
        Shape = shape;
    }

    /// <summary>Name, as Hugging Face gives it.</summary>
    public string Name { get; }

    /// <summary>Dimensions, outermost first.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Whether the elements are whole numbers.</summary>
    public bool IsInteger => _integers is not null;

    /// <summary>The elements as float32.</summary>
    /// <exception cref="InputException">They are whole numbers.</exception>
    public float[] Floats => _floats ?? throw new InputException($"{Name}: expected floating-point numbers, found whole numbers.");

    /// <summary>The elements as whole numbers.</summary>
    /// <exception cref="InputException">They are floating-point numbers.</exception>
    public long[] Integers => _integers ?? throw new InputException($"{Name}: expected whole numbers, found floating-point numbers.");

    /// <summary>Size of a dimension, where the tensor has <paramref name="rank"/> of them.</summary>
    /// <exception cref="InputException">Another number of dimensions, or a size beyond 2^31-1.</exception>
    public int Size(int dimension, int rank)
    {
        if (Shape.Count != rank || Shape[dimension] > int.MaxValue)
        {
            throw new InputException($"{Name}: expected {rank} dimensions, found [{string.Join(", ", Shape)}].");
        }

        return (int)Shape[dimension];
    }

    /// <summary>Refuses another shape.</summary>
    /// <exception cref="InputException">The shape is another one.</exception>
    public void Expect(params long[] shape)
    {
        if (!Shape.SequenceEqual(shape))
        {
            throw new InputException($"{Name}: expected shape [{string.Join(", ", shape)}], found [{string.Join(", ", Shape)}].");
        }
    }

    /// <summary>Float32 tensors one after another in the first dimension; of one alone, itself.</summary>
    internal static HostTensor Joined(IReadOnlyList<HostTensor> parts)
    {
        if (parts.Count == 1)
        {
            return parts[0];
        }

        long[] shape = [parts.Sum(part => part.Shape[0]), .. parts[0].Shape.Skip(1)];
        var values = GC.AllocateUninitializedArray<float>(checked((int)parts.Sum(part => part.Floats.LongLength)));
        var next = 0;
        foreach (var part in parts)
        {
            part.Floats.CopyTo(values, next);
            next += part.Floats.Length;
        }

        return new HostTensor(parts[0].Name, values, shape);
    }

    /// <summary>Reads a tensor of a safetensors file: integers and booleans become int64, everything else float32.</summary>
    internal static HostTensor Read(SafetensorsFile file, string storedName, string name)
    {
        var info = file.Tensors[storedName];
        return info.Dtype.IsFloat()
            ? new HostTensor(name, file.ReadFloat32(storedName), info.Shape)
            : new HostTensor(name, file.ReadInt64(storedName), info.Shape);
    }
}
