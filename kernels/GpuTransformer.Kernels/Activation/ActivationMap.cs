using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y = activation(x), element by element.
/// Shapes: x (rows, width), y (rows, width); y may be x, since an element is read by the thread that writes it.
/// Numerics: <see cref="Activations"/>; NaN stays NaN. Cost: 8 bytes an element.</summary>
internal struct ActivationMap : IRowMap<ActivationArgs>
{
    private int _start;

    public static int Rows(in ActivationArgs args) => args.Rows.Count;

    public static int Width(in ActivationArgs args) => args.Width;

    public static RowView Output(in ActivationArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in ActivationArgs args, int row, bool reports) => _start = args.X.Offset + row * args.X.Stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in ActivationArgs args, int column) =>
        Activations.Apply(args.X.Data[_start + column], args.Activation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad<TAccess>(in ActivationArgs args, int column)
        where TAccess : struct, IQuadAccess
    {
        var value = TAccess.Load(args.X.Data, _start + column, 1);

        // Rolled: the activations are long, and four copies of them would be slower to fetch.
        for (var i = 0; i < 4; i++)
        {
            var next = Activations.Apply(value.X, args.Activation);
            value.X = value.Y;
            value.Y = value.Z;
            value.Z = value.W;
            value.W = next;
        }

        return value;
    }
}
