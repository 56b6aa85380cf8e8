using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Transpose with one thread an element.
/// Computes: y[b, j, i] = x[b, i, j]. Shapes: x (batch · rows, columns), y (batch · columns, rows).
/// Group: any size; thread i of the grid owns element i of x. Cost: 8 bytes an element, the writes far apart.</summary>
internal static class TransposeNaive
{
    public static void Kernel(TransposeArgs args)
    {
        var index = Grid.IdxX * Group.DimX + Group.IdxX;
        var line = index / args.Columns;
        var column = index - line * args.Columns;
        var batch = line / args.Rows;
        var row = line - batch * args.Rows;
        if (index >= 0 && batch < args.Batch)
        {
            args.Y[batch * args.Columns + column, row] = args.X[line, column];
        }
    }
}
