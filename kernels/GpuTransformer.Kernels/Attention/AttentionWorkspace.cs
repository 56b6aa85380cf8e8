using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>What attention over contiguous matrices needs besides them: pages for keys and values, and the tables that say
/// what each row sees. Made once for a shape, used by one stream at a time.</summary>
public sealed class AttentionWorkspace : IDisposable
{
    /// <summary>Rows of a block: what a CPU tile takes; a GPU tile of fewer rows takes several groups for a block.</summary>
    private const int MostBlockRows = 64;

    private readonly KernelSet _kernels;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _keys;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _values;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _pageTable;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _rowTable;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _writeTable;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _blockTable;
    private readonly int[] _rows;
    private readonly int[] _writes;

    /// <summary>Allocates for a shape; every sequence has all its keys until <see cref="SetKeyLengths"/> says else.</summary>
    /// <exception cref="ShapeException">The shape makes no sense, or is beyond 2^31-1 elements.</exception>
    /// <exception cref="DeviceException">There is not enough memory.</exception>
    public AttentionWorkspace(KernelSet kernels, AttentionShape shape)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(shape);
        shape.Check();
        (_kernels, Shape) = (kernels, shape);
        BlockRows = Math.Min(MostBlockRows, shape.SeqLenQ);
        PagesPerSequence = (shape.SeqLenKv + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens;
        _rows = new int[4 * shape.QueryRows];
        _writes = new int[2 * shape.KeyRows];
        var blocks = CutBlocks();
        BlockCount = blocks.Length / 2;
        var pages = Enumerable.Range(0, shape.Batch * PagesPerSequence).ToArray();
        var pageFloats = (long)pages.Length * PagedKeys.PageTokens * shape.KeyWidth;
        var accelerator = kernels.Accelerator;
        try
        {
            _keys = accelerator.Allocate1D<float>(pageFloats);
            _values = accelerator.Allocate1D<float>(pageFloats);
            _pageTable = accelerator.Allocate1D(pages);
            _rowTable = accelerator.Allocate1D<int>(_rows.Length);
            _writeTable = accelerator.Allocate1D<int>(_writes.Length);
            _blockTable = accelerator.Allocate1D(blocks);
        }
        catch (Exception error) when (error is not GpuTransformerException)
        {
            Dispose();
            throw new DeviceException(
                $"{accelerator.Name} cannot hold an attention workspace of {2 * pageFloats * sizeof(float)} bytes: {error.Message}",
                error);
        }

        SetTables([]);
    }

    /// <summary>The shape it was made for.</summary>
    public AttentionShape Shape { get; }

    /// <summary>Bytes of device memory that it holds.</summary>
    public long ByteSize =>
        _keys.LengthInBytes + _values.LengthInBytes + _pageTable.LengthInBytes
        + _rowTable.LengthInBytes + _writeTable.LengthInBytes + _blockTable.LengthInBytes;

    internal int BlockRows { get; }

    internal int BlockCount { get; }

    internal int PagesPerSequence { get; }

    internal PagedKeys Pages => new()
    {
        Keys = _keys.View,
        Values = _values.View,
        PageTable = _pageTable.View,
        PagesPerSequence = PagesPerSequence,
        NumKvHeads = Shape.KvHeads,
        HeadDim = Shape.HeadDim,
    };

    internal ArrayView<int> RowTable => _rowTable.View;

    internal ArrayView<int> WriteTable => _writeTable.View;

    internal ArrayView<int> BlockTable => _blockTable.View;

    /// <summary>Sets how many keys of each sequence count; a sequence of none gives zeros. With n keys, a causal query i of
    /// seqLenQ sees the first n - seqLenQ + i + 1 of them. Waits until the device has nothing to do.</summary>
    /// <param name="keyLengths">One length a sequence, in [0, seqLenKv].</param>
    /// <exception cref="ShapeException">Not one length a sequence, or one out of range.</exception>
    public void SetKeyLengths(ReadOnlySpan<int> keyLengths)
    {
        if (keyLengths.Length != Shape.Batch)
        {
            throw new ShapeException(
                $"AttentionWorkspace: keyLengths must have one length for each of {Shape.Batch} sequences, found {keyLengths.Length}.");
        }

        for (var s = 0; s < keyLengths.Length; s++)
        {
            if ((uint)keyLengths[s] > (uint)Shape.SeqLenKv)
            {
                throw new ShapeException(
                    $"AttentionWorkspace: keyLengths[{s}] must be in [0, {Shape.SeqLenKv}], found {keyLengths[s]}.");
            }
        }

        SetTables(keyLengths);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _keys?.Dispose();
        _values?.Dispose();
        _pageTable?.Dispose();
        _rowTable?.Dispose();
        _writeTable?.Dispose();
        _blockTable?.Dispose();
    }

    /// <summary>Refuses a workspace of another kernel set.</summary>
    internal void CheckOwner(string operation, KernelSet kernels)
    {
        ObjectDisposedException.ThrowIf(_keys.IsDisposed, this);
        if (!ReferenceEquals(kernels.Accelerator, _kernels.Accelerator))
        {
            throw new ShapeException(
                $"{operation}: the workspace must belong to {kernels.Accelerator.Name}, found one of another accelerator.");
        }
    }

    /// <param name="keyLengths">Empty: all keys.</param>
    private void SetTables(ReadOnlySpan<int> keyLengths)
    {
        for (var s = 0; s < Shape.Batch; s++)
        {
            var keys = keyLengths.IsEmpty ? Shape.SeqLenKv : keyLengths[s];
            for (var i = 0; i < Shape.SeqLenQ; i++)
            {
                var position = keys - Shape.SeqLenQ + i;
                var entry = _rows.AsSpan(4 * (s * Shape.SeqLenQ + i), 4);
                (entry[0], entry[1], entry[3]) = (s, 0, position);
                entry[2] = Shape.Causal ? Math.Clamp(position + 1, 0, keys) : keys;
            }

            // Rows of padding are holes: whatever they hold does not reach the pages.
            for (var j = 0; j < Shape.SeqLenKv; j++)
            {
                var entry = _writes.AsSpan(2 * (s * Shape.SeqLenKv + j), 2);
                (entry[0], entry[1]) = (s, j < keys ? j : -1);
            }
        }

        _kernels.Accelerator.Synchronize();
        _rowTable.View.CopyFromCPU(_rows);
        _writeTable.View.CopyFromCPU(_writes);
        _kernels.Accelerator.Synchronize();
    }

    private int[] CutBlocks()
    {
        var perSequence = (Shape.SeqLenQ + BlockRows - 1) / BlockRows;
        var blocks = new int[2 * Shape.Batch * perSequence];
        for (var i = 0; i < blocks.Length / 2; i++)
        {
            var first = i % perSequence * BlockRows;
            blocks[2 * i] = i / perSequence * Shape.SeqLenQ + first;
            blocks[2 * i + 1] = Math.Min(BlockRows, Shape.SeqLenQ - first);
        }

        return blocks;
    }
}
