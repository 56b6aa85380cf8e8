using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Matrices turned, with edges of the 32 x 32 tile.</summary>
internal sealed class TransposeCheck : OperationCheck<TransposeArgs>
{
    public override string Name => "Transpose";

    protected override Operation<TransposeArgs> Of(KernelSet kernels) => kernels.Transpose;

    protected override IEnumerable<CheckShape<TransposeArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(1, 32, 32, true), Shape(2, 17, 37, true)],
        [Shape(3, 1, 1, false), Shape(3, 1, 65, false), Shape(2, 33, 31, false), Shape(1, 64, 96, true)],
        [Shape(3, 1025, 2047, false), Shape(1, 4096, 4096, true)]);

    private static CheckShape<TransposeArgs> Shape(int matrices, int rows, int columns, bool aligned) =>
        new($"{matrices}x{rows}x{columns}{(aligned ? "" : " unaligned")}", matrices, batch =>
        {
            var place = new Place(aligned);
            var x = batch.Rows(0, place, columns, rows);
            var y = batch.Output("y", place, rows, () => Reference.Exactly(Turned(x.Values, rows, columns)), columns);
            return new TransposeArgs { X = x.View, Y = y, Batch = batch.Units.Length, Rows = rows, Columns = columns };
        })
        {
            HasCapacity = false,
        };

    private static float[] Turned(float[] x, int rows, int columns)
    {
        var y = new float[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            var (matrix, row, column) = (i / (rows * columns), i / columns % rows, i % columns);
            y[(matrix * columns + column) * rows + row] = x[i];
        }

        return y;
    }
}
