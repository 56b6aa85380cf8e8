using ILGPU.Runtime;

namespace GpuTransformer.Kernels.Tests;

/// <summary>An attention case whose keys and values are rows beside the queries; the pages have no memory.</summary>
internal sealed class OwnRows : IDisposable
{
    private readonly AttentionBuffers _buffers;
    private readonly PaddedInput _key;
    private readonly PaddedInput _value;
    private readonly MemoryBuffer1D<int, ILGPU.Stride1D.Dense> _writeTable;
    private readonly int _rows;

    /// <param name="device">Where.</param>
    /// <param name="whole">As many queries as keys in each sequence.</param>
    /// <param name="blockRows">Rows of a block.</param>
    /// <param name="isKey">Which rows of a sequence are keys; the others hold NaN and have no slot.</param>
    public OwnRows(TestDevice device, AttentionCase whole, int blockRows, Func<int, bool> isKey)
    {
        var width = whole.NumKvHeads * whole.HeadDim;
        int[][] kept = [.. whole.KeyLengths.Select(length => Enumerable.Range(0, length).Where(isKey).ToArray())];
        float[] Keys(float[] rows, int s) => [.. kept[s].SelectMany(slot => rows[(slot * width)..((slot + 1) * width)])];
        Case = new AttentionCase(
            whole.NumHeads, whole.NumKvHeads, whole.HeadDim, [.. kept.Select(slots => slots.Length)],
            [.. whole.Rows.Select(r => kept[r.Sequence].Length == whole.KeyLengths[r.Sequence] ? r : r with { Begin = 0, End = kept[r.Sequence].Length })],
            _ => whole.Query, (s, _) => Keys(whole.Keys[s], s), (s, _) => Keys(whole.Values[s], s));
        _rows = whole.Rows.Count;
        var (keys, values, writes) = (new float[_rows * width], new float[_rows * width], new int[2 * _rows]);
        Array.Fill(keys, float.NaN);
        Array.Fill(values, float.NaN);
        var row = 0;
        for (var s = 0; s < whole.KeyLengths.Length; s++)
        {
            for (var i = 0; i < whole.KeyLengths[s]; i++, row++)
            {
                var slot = Array.IndexOf(kept[s], i);
                (writes[2 * row], writes[2 * row + 1]) = (s, slot);
                if (slot >= 0)
                {
                    whole.Keys[s].AsSpan(i * width, width).CopyTo(keys.AsSpan(row * width));
                    whole.Values[s].AsSpan(i * width, width).CopyTo(values.AsSpan(row * width));
                }
            }
        }

        _buffers = new AttentionBuffers(device, Case, blockRows, writePages: false);
        Output = new GuardedOutput(device, _rows, Case.Width, Case.Width + 5);
        _key = new PaddedInput(device, keys, _rows, width, offset: 1, stride: width + 3);
        _value = new PaddedInput(device, values, _rows, width, offset: 2, stride: width + 1);
        _writeTable = device.Upload(writes);
    }

    /// <summary>The case over the rows that are keys.</summary>
    public AttentionCase Case { get; }

    public GuardedOutput Output { get; }

    public OwnKeysAttentionArgs<PlainScore> Arguments => new()
    {
        Attention = _buffers.Arguments(Output.View, default(PlainScore)) with { Pages = Pages },
        Write = new KeyValueWriteArgs
        {
            Key = _key.View,
            Value = _value.View,
            Pages = Pages,
            WriteTable = _writeTable.View,
            Rows = ActiveRows.Fixed(_rows),
        },
    };

    private PagedKeys Pages => _buffers.Pages with { Keys = default, Values = default };

    public void Dispose()
    {
        _buffers.Dispose();
        Output.Dispose();
        _key.Dispose();
        _value.Dispose();
        _writeTable.Dispose();
    }
}
