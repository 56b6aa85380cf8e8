using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>How the lanes of a team share a row of fours. Either way strand s of 4 · lanes takes the columns s, s + 4 · lanes,
/// ...; only which lane holds which strands differs, so both give the same bits.</summary>
internal interface IRowAccess
{
    /// <summary>Whether a lane's four strands must be exchanged before they can be added up.</summary>
    static abstract bool Exchanges { get; }

    /// <summary>Floats of shared memory for the exchange.</summary>
    static abstract int ExchangeFloats(int lanes);

    /// <summary>Column of the first of a lane's four elements in part <paramref name="part"/> of the row.</summary>
    static abstract int Column(int part, int lane, int lanes);

    /// <summary>Columns from one of the four to the next.</summary>
    static abstract int Step(int lanes);

    /// <summary>The four from column on that are below width, else 0.</summary>
    static abstract Float4 Load(ArrayView<float> data, int row, int column, int step, int width);

    /// <summary>The four where their column is below width, else 0.</summary>
    static abstract Float4 Keep(Float4 value, int column, int step, int width);

    /// <summary>The four from column on that are in [begin, end), else <paramref name="other"/>; what is outside is not
    /// read, except by a four that has elements inside.</summary>
    static abstract Float4 Load(ArrayView<float> data, int row, int column, int step, int begin, int end, float other);

    /// <summary>Writes the four from column on that are below width.</summary>
    static abstract void Store(ArrayView<float> data, int row, int column, int step, int width, Float4 value);
}

/// <summary>Rows and widths are multiples of 16 bytes: a lane holds four neighbours, 128 bits a load.</summary>
internal struct RowVectors : IRowAccess
{
    public static bool Exchanges => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ExchangeFloats(int lanes) => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Column(int part, int lane, int lanes) => (part * lanes + lane) << 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Step(int lanes) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Load(ArrayView<float> data, int row, int column, int step, int width)
    {
        Float4 value = default;
        if (column < width)
        {
            value = data.Cast<Float4>()[(row + column) >> 2];
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Keep(Float4 value, int column, int step, int width) => column < width ? value : default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Load(ArrayView<float> data, int row, int column, int step, int begin, int end, float other)
    {
        if (column >= end || column + 4 <= begin)
        {
            return Float4.Of(other);
        }

        Float4 value = data.Cast<Float4>()[(row + column) >> 2];
        if (column < begin || column + 4 > end)
        {
            // The four at either end of an interval.
            value.X = column >= begin ? value.X : other;
            value.Y = column + 1 >= begin && column + 1 < end ? value.Y : other;
            value.Z = column + 2 >= begin && column + 2 < end ? value.Z : other;
            value.W = column + 3 < end ? value.W : other;
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<float> data, int row, int column, int step, int width, Float4 value)
    {
        if (column < width)
        {
            data.Cast<Float4>()[(row + column) >> 2] = value;
        }
    }
}

/// <summary>Rows at any address: neighbouring lanes hold neighbouring elements, so a warp still reads and writes whole
/// lines, 32 bits a lane. A lane has as many bytes under way; only the instructions are four times as many.</summary>
internal struct RowScalars : IRowAccess
{
    public static bool Exchanges => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ExchangeFloats(int lanes) => 4 * lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Column(int part, int lane, int lanes) => 4 * part * lanes + lane;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Step(int lanes) => lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Load(ArrayView<float> data, int row, int column, int step, int width) =>
        Load(data, row, column, step, 0, width, 0f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Keep(Float4 value, int column, int step, int width)
    {
        value.X = column < width ? value.X : 0f;
        value.Y = column + step < width ? value.Y : 0f;
        value.Z = column + 2 * step < width ? value.Z : 0f;
        value.W = column + 3 * step < width ? value.W : 0f;
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Load(ArrayView<float> data, int row, int column, int step, int begin, int end, float other)
    {
        Float4 value;
        value.X = Element(data, row, column, begin, end, other);
        value.Y = Element(data, row, column + step, begin, end, other);
        value.Z = Element(data, row, column + 2 * step, begin, end, other);
        value.W = Element(data, row, column + 3 * step, begin, end, other);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<float> data, int row, int column, int step, int width, Float4 value)
    {
        Element(data, row, column, width, value.X);
        Element(data, row, column + step, width, value.Y);
        Element(data, row, column + 2 * step, width, value.Z);
        Element(data, row, column + 3 * step, width, value.W);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Element(ArrayView<float> data, int row, int column, int begin, int end, float other) =>
        (uint)(column - begin) < (uint)(end - begin) ? data[row + column] : other;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Element(ArrayView<float> data, int row, int column, int width, float value)
    {
        if (column < width)
        {
            data[row + column] = value;
        }
    }
}
