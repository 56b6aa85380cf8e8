using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Rows of a table by id; every row of the table is asked for once, far from its neighbour.</summary>
internal sealed class EmbeddingCase : OperationCase
{
    // A prime beyond any table here, so that the ids are a permutation.
    private const long Stride = 15_485_863;
    private readonly int _rows;
    private readonly int _width;
    private readonly RowArrays _arrays;
    private readonly DeviceMemory<int> _status;

    public EmbeddingCase(BenchDevice device, int rows, int width, RowArrays arrays)
        : base(
            device, "embedding", $"{rows} of {rows}x{width}",
            new Work(0, (2.0 * sizeof(float) * width + sizeof(int)) * rows, IsMemoryBound: true))
    {
        _rows = rows;
        _width = width;
        _arrays = arrays;
        _status = Own(device.Filled(new int[1], "status"));
        var ids = new int[rows];
        for (var row = 0; row < rows; row++)
        {
            ids[row] = IdOf(row);
        }

        Bind(device.Kernels.Embedding.Bind(new EmbeddingArgs
        {
            Ids = Own(device.Filled(ids, "ids")).View,
            Table = RowView.Dense(arrays.X.View, width),
            VocabSize = rows,
            Scale = 1f,
            Y = RowView.Dense(arrays.Y.View, width),
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Status = _status.View,
        }));
    }

    public override void Verify()
    {
        foreach (var row in SampleRows(_rows))
        {
            var (x, y) = (ReadRow(_arrays.X, IdOf(row), _width), ReadRow(_arrays.Y, row, _width));
            for (var column = 0; column < _width; column++)
            {
                ExpectNear($"y[{row}, {column}]", y[column], x[column], 0);
            }
        }

        var status = new int[1];
        _status.Read(Device.Stream, 0, status);
        ExpectNear("the status word", status[0], 0, 0);
    }

    private int IdOf(int row) => (int)(row * Stride % _rows);
}
