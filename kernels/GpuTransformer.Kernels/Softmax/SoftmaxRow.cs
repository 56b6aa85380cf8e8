using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>What the softmax kernels know of a row: where it is, its interval, and how a score comes from x.</summary>
internal struct SoftmaxRow
{
    private ArrayView<float> _x;
    private ArrayView<float> _y;
    private ArrayView<float> _mask;
    private int _xStart;
    private int _yStart;
    private int _maskStart;
    private int _hasMask;
    private float _scale;

    /// <summary>Columns; 0 for a row that is not there.</summary>
    public int Width;

    /// <summary>First column of the row's interval.</summary>
    public int Begin;

    /// <summary>End of the row's interval; not before its begin.</summary>
    public int End;

    /// <summary>Finds a row. One past the active rows (<paramref name="isActive"/> false) has no columns: nothing of it is
    /// read or written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SoftmaxRow Find(in SoftmaxArgs args, int row, bool isActive)
    {
        SoftmaxRow result;
        result._x = args.X.Data;
        result._y = args.Y.Data;
        result._mask = args.Mask.Data;
        result._xStart = args.X.Offset + row * args.X.Stride;
        result._yStart = args.Y.Offset + row * args.Y.Stride;
        result._hasMask = args.HasMask;
        result._maskStart = args.HasMask == 0 ? 0 : args.Mask.Offset + row / args.RowsPerMask * args.Mask.Stride;
        result._scale = args.Scale;
        result.Width = isActive ? args.Width : 0;
        result.Begin = 0;
        result.End = result.Width;
        if (args.HasIntervals != 0 && isActive)
        {
            var interval = row / args.RowsPerInterval;
            result.Begin = Between(args.Intervals[2 * interval], 0, args.Width);
            result.End = Between(args.Intervals[2 * interval + 1], result.Begin, args.Width);
        }

        return result;
    }

    /// <summary>Whether all columns are in the interval.</summary>
    public readonly bool IsWhole => Begin == 0 && End == Width;

    /// <summary>scale · x + mask at a column of the interval.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Score(int column)
    {
        var score = _x[_xStart + column] * _scale;
        return _hasMask == 0 ? score : score + _mask[_maskStart + column];
    }

    /// <summary>Four scores, -infinity outside the interval.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Scores<TAccess>(int column, int step)
        where TAccess : struct, IRowAccess
    {
        var x = TAccess.Load(_x, _xStart, column, step, Begin, End, 0f) * _scale;
        if (_hasMask != 0)
        {
            x += TAccess.Load(_mask, _maskStart, column, step, Begin, End, 0f);
        }

        if (column >= Begin && column + 3 * step < End)
        {
            return x;
        }

        x.X = Inside(column) ? x.X : float.NegativeInfinity;
        x.Y = Inside(column + step) ? x.Y : float.NegativeInfinity;
        x.Z = Inside(column + 2 * step) ? x.Z : float.NegativeInfinity;
        x.W = Inside(column + 3 * step) ? x.W : float.NegativeInfinity;
        return x;
    }

    /// <summary>e to the power of four scores less what is subtracted; 0 outside the interval.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Weights(Float4 scores, float shift) => new(
        SoftmaxExp.Exp(scores.X - shift),
        SoftmaxExp.Exp(scores.Y - shift),
        SoftmaxExp.Exp(scores.Z - shift),
        SoftmaxExp.Exp(scores.W - shift));

    /// <summary>Writes one element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(int column, float value) => _y[_yStart + column] = value;

    /// <summary>Writes four weights times 1 / sum; 0 outside the interval, also where the row is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store<TAccess>(int column, int step, Float4 weights, float inverse)
        where TAccess : struct, IRowAccess
    {
        weights *= inverse;
        if (!IsWhole)
        {
            weights.X = Inside(column) ? weights.X : 0f;
            weights.Y = Inside(column + step) ? weights.Y : 0f;
            weights.Z = Inside(column + 2 * step) ? weights.Z : 0f;
            weights.W = Inside(column + 3 * step) ? weights.W : 0f;
        }

        TAccess.Store(_y, _yStart, column, step, Width, weights);
    }

    /// <summary>What to subtract before the exponential: the maximum, or 0 where everything is masked, so that no
    /// infinity is subtracted from itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Shift(float max) => max == float.NegativeInfinity ? 0f : max;

    /// <summary>1 / sum; 0 where nothing was summed, so that a fully masked row gives zeros. NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Inverse(float sum) => sum == 0f ? 0f : 1f / sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool Inside(int column) => column >= Begin && column < End;

    private static int Between(int bound, int least, int most) => bound < least ? least : bound > most ? most : bound;
}
