namespace GpuTransformer.Kernels;

/// <summary>A weight that <see cref="PackedMatrix"/> reads piece by piece, so that the whole of it never exists as
/// float32 twice. Stored (N, K), as PyTorch's Linear has it, or (K, N), as GPT-2's files do.</summary>
public abstract class WeightRows
{
    /// <summary>Describes the weight.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="n">Outputs.</param>
    /// <param name="k">Inputs, the length of each sum.</param>
    /// <param name="isTransposed">Whether it is stored (K, N).</param>
    protected WeightRows(string name, int n, int k, bool isTransposed = false)
    {
        Name = name;
        N = n;
        K = k;
        IsTransposed = isTransposed;
    }

    /// <summary>What errors call it.</summary>
    public string Name { get; }

    /// <summary>Outputs.</summary>
    public int N { get; }

    /// <summary>Inputs, the length of each sum.</summary>
    public int K { get; }

    /// <summary>Whether the rows of <see cref="Read"/> are those of a (K, N) matrix.</summary>
    public bool IsTransposed { get; }

    /// <summary>How <see cref="StoredBytes"/> gives the numbers; F32 where it gives none.</summary>
    public virtual WeightEncoding StoredEncoding => WeightEncoding.F32;

    /// <summary>Part of one stored row as it lies in the file: numbers of 16 bits, or the blocks of GGUF; called from
    /// several threads at once.</summary>
    /// <param name="row">An output, or an input where <see cref="IsTransposed"/>.</param>
    /// <param name="column">The first element, at the start of a block.</param>
    /// <param name="count">Elements, whole blocks of them.</param>
    /// <exception cref="NotSupportedException"><see cref="StoredEncoding"/> is F32.</exception>
    public virtual ReadOnlySpan<byte> StoredBytes(int row, int column, int count) =>
        throw new NotSupportedException($"{Name} is not stored in a narrow encoding.");

    /// <summary>Copies part of one stored row as float32; called from several threads at once.</summary>
    /// <param name="row">An output, or an input where <see cref="IsTransposed"/>.</param>
    /// <param name="column">The first element of the row to copy.</param>
    /// <param name="values">Receives as many as it holds.</param>
    public abstract void Read(int row, int column, Span<float> values);

    /// <summary>A weight in memory, row-major and dense.</summary>
    /// <exception cref="ShapeException">The memory does not hold n · k elements.</exception>
    public static WeightRows Of(ReadOnlyMemory<float> values, int n, int k, bool isTransposed = false, string name = "weight")
    {
        ShapeCheck.AtLeast(name, "N", n, 1);
        ShapeCheck.AtLeast(name, "K", k, 1);
        return values.Length == (long)n * k
            ? new InMemory(values, name, n, k, isTransposed)
            : throw new ShapeException($"{name}: ({n}, {k}) needs {(long)n * k} elements, found {values.Length}.");
    }

    private sealed class InMemory(ReadOnlyMemory<float> values, string name, int n, int k, bool isTransposed)
        : WeightRows(name, n, k, isTransposed)
    {
        public override void Read(int row, int column, Span<float> destination)
        {
            var start = row * (IsTransposed ? N : K) + column;
            values.Span.Slice(start, destination.Length).CopyTo(destination);
        }
    }
}
