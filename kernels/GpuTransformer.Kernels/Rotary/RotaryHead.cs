using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>What the rotary kernels read and write of one head of a row.</summary>
internal struct RotaryHead
{
    private ArrayView<float> _x;
    private ArrayView<float> _y;
    private int _from;
    private int _to;
    private int _angles;

    /// <summary>Finds the head and its angles; <paramref name="reports"/> is set in one thread of the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RotaryHead Find(in RotaryArgs args, int row, int head, bool reports)
    {
        RotaryHead result;
        result._x = args.X.Data;
        result._y = args.Y.Data;
        result._from = args.X.Offset + row * args.X.Stride + head * args.HeadDim;
        result._to = args.Y.Offset + row * args.Y.Stride + head * args.HeadDim;
        var position = row;
        if (args.HasPositions != 0)
        {
            position = IdGuard.Read(args.Positions, row, args.TableRows, row, reports, args.Status, args.StatusSlot);
        }

        result._angles = args.Table.Offset + position * args.Table.Stride;
        return result;
    }

    /// <summary>x[d].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Raw(int d) => _x[_from + d];

    /// <summary>1/√(mean(x²) + eps) of the head; 1 where there is no norm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Inverse(in RotaryArgs args, float squares) =>
        1f / MathF.Sqrt(squares / args.HeadDim + args.Epsilon);

    /// <summary>Element d of the head after the norm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Value(in RotaryArgs args, int d, float inverse)
    {
        var value = _x[_from + d];
        return args.HasNorm == 0 ? value : value * inverse * (args.NormWeight[d] + args.WeightShift);
    }

    /// <summary>Turns the pair (d, d + half).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Turn(in RotaryArgs args, int d, int half, float inverse)
    {
        var a = Value(args, d, inverse);
        var b = Value(args, d + half, inverse);
        var cos = args.Table.Data[_angles + d];
        var sin = args.Table.Data[_angles + half + d];
        _y[_to + d] = a * cos - b * sin;
        _y[_to + half + d] = b * cos + a * sin;
    }

    /// <summary>Copies an element that does not turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Copy(in RotaryArgs args, int d, float inverse) => _y[_to + d] = Value(args, d, inverse);
}
