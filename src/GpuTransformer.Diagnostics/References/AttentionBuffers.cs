using GpuTransformer.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.References;

/// <summary>An attention case in device memory.</summary>
internal sealed class AttentionBuffers : IDisposable
{
    private readonly AttentionCase _case;
    private readonly int _blockRows;
    private readonly bool _aligned;
    private readonly List<MemoryBuffer> _buffers = [];
    private readonly ArrayView<float> _query;
    private readonly ArrayView<int> _rowTable;
    private readonly ArrayView<int> _blockTable;

    /// <param name="aligned">Whether rows of the queries start at multiples of 16 bytes.</param>
    public AttentionBuffers(
        Accelerator accelerator, AttentionCase attentionCase, int blockRows, bool writePages = true, bool aligned = false)
    {
        (_case, _blockRows, _aligned) = (attentionCase, blockRows, aligned);
        var pageTable = _case.PageTable();
        var (keys, values) = _case.Pages(pageTable);
        if (!writePages)
        {
            Array.Fill(keys, float.NaN);
            Array.Fill(values, float.NaN);
        }

        _query = Keep(accelerator.Allocate1D(Data.Strided(_case.Query, _case.Rows.Count, _case.Width, QueryStride, QueryOffset)));
        _rowTable = Keep(accelerator.Allocate1D(_case.RowTable()));
        _blockTable = Keep(accelerator.Allocate1D(_case.BlockTable(blockRows)));
        Pages = new PagedKeys
        {
            Keys = Keep(accelerator.Allocate1D(keys)),
            Values = Keep(accelerator.Allocate1D(values)),
            PageTable = Keep(accelerator.Allocate1D(pageTable)),
            PagesPerSequence = _case.PagesPerSequence,
            NumKvHeads = _case.NumKvHeads,
            HeadDim = _case.HeadDim,
        };
    }

    public PagedKeys Pages { get; }

    public RowView Query => new(_query, QueryOffset, QueryStride);

    public ArrayView<int> RowTable => _rowTable;

    private int QueryOffset => _aligned ? 8 : 5;

    private int QueryStride => _aligned ? (_case.Width + 7) & ~3 : _case.Width + 3;

    public AttentionArgs<TScore> Arguments<TScore>(RowView output, TScore score)
        where TScore : struct, IScorePolicy => new()
        {
            Query = Query,
            Output = output,
            Pages = Pages,
            RowTable = _rowTable,
            BlockTable = _blockTable,
            Blocks = ActiveRows.Fixed((int)_blockTable.Length / 2),
            BlockRows = _blockRows,
            NumHeads = _case.NumHeads,
            Scale = _case.Scale,
            Score = score,
        };

    public void Dispose()
    {
        foreach (var buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    private ArrayView<float> Keep(MemoryBuffer1D<float, Stride1D.Dense> buffer)
    {
        _buffers.Add(buffer);
        return buffer.View;
    }

    private ArrayView<int> Keep(MemoryBuffer1D<int, Stride1D.Dense> buffer)
    {
        _buffers.Add(buffer);
        return buffer.View;
    }
}
