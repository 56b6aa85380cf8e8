using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>What the norm kernels know of a row, and how its elements are read and written.</summary>
internal struct NormRow
{
    private ArrayView<float> _x;
    private ArrayView<float> _residual;
    private ArrayView<float> _sum;
    private ArrayView<float> _y;
    private ArrayView<float> _weight;
    private ArrayView<float> _bias;
    private int _xStart;
    private int _residualStart;
    private int _sumStart;
    private int _yStart;
    private int _weightStart;
    private int _biasStart;
    private int _hasResidual;
    private int _hasSum;
    private int _hasBias;
    private float _weightShift;

    /// <summary>Columns; 0 for a row that is not there.</summary>
    public int Width;

    /// <summary>Finds a row. One past the active rows (<paramref name="isActive"/> false) has no columns: nothing of it is
    /// read or written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NormRow Find(in NormArgs args, int row, bool isActive)
    {
        NormRow result;
        result._x = args.X.Data;
        result._residual = args.Residual.Data;
        result._sum = args.Sum.Data;
        result._y = args.Y.Data;
        result._weight = args.Weight;
        result._bias = args.Bias;
        result._xStart = args.X.Offset + row * args.X.Stride;
        result._residualStart = args.Residual.Offset + row * args.Residual.Stride;
        result._sumStart = args.Sum.Offset + row * args.Sum.Stride;
        result._yStart = args.Y.Offset + row * args.Y.Stride;
        result._weightStart = args.WeightOffset;
        result._biasStart = args.BiasOffset;
        result._hasResidual = args.HasResidual;
        result._hasSum = args.HasSum;
        result._hasBias = args.HasBias;
        result._weightShift = args.WeightShift;
        result.Width = isActive ? args.Width : 0;
        return result;
    }

    /// <summary>Four elements of s = x + residual, stored where the sum is asked for; zeros past the row. Called once an
    /// element: the sum may take the place of x or of the residual.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 First<TAccess>(int column, int step)
        where TAccess : struct, IRowAccess
    {
        var s = TAccess.Load(_x, _xStart, column, step, Width);
        if (_hasResidual != 0)
        {
            s += TAccess.Load(_residual, _residualStart, column, step, Width);
        }

        if (_hasSum != 0)
        {
            TAccess.Store(_sum, _sumStart, column, step, Width, s);
        }

        return s;
    }

    /// <summary>The same four again, after <see cref="First{TAccess}"/> in the same thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Again<TAccess>(int column, int step)
        where TAccess : struct, IRowAccess
    {
        if (_hasSum != 0)
        {
            return TAccess.Load(_sum, _sumStart, column, step, Width);
        }

        var s = TAccess.Load(_x, _xStart, column, step, Width);
        return _hasResidual == 0 ? s : s + TAccess.Load(_residual, _residualStart, column, step, Width);
    }

    /// <summary>Four elements less the mean; zeros past the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Centre<TAccess>(Float4 value, float mean, int column, int step)
        where TAccess : struct, IRowAccess => TAccess.Keep(value + Float4.Of(-mean), column, step, Width);

    /// <summary>strands + value², strand by strand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 AddSquares(Float4 strands, Float4 value)
    {
        strands.X += value.X * value.X;
        strands.Y += value.Y * value.Y;
        strands.Z += value.Z * value.Z;
        strands.W += value.W * value.W;
        return strands;
    }

    /// <summary>Stores four elements of y = value / deviation · (weight + shift) + bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store<TAccess>(int column, int step, Float4 value, float inverse)
        where TAccess : struct, IRowAccess
    {
        var weight = TAccess.Load(_weight, _weightStart, column, step, Width) + Float4.Of(_weightShift);
        var y = value * inverse * weight;
        if (_hasBias != 0)
        {
            y += TAccess.Load(_bias, _biasStart, column, step, Width);
        }

        TAccess.Store(_y, _yStart, column, step, Width, y);
    }

    /// <summary>1/√(squares / width + eps).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float InverseDeviation(in NormArgs args, float squares) =>
        1f / MathF.Sqrt(squares / args.Width + args.Epsilon);
}
