using System.Runtime.InteropServices;

namespace ILGPU;

/// <summary>A 2-dimensional index of 64-bit components.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct LongIndex2D : ILongIndex<LongIndex2D, Index2D>
{
    public static readonly LongIndex2D Invalid = new(-1);
    public static readonly LongIndex2D Zero = new(0);
    public static readonly LongIndex2D One = new(1);

    public LongIndex2D(long value)
    {
        X = value;
        Y = value;
    }

    public LongIndex2D(long x, long y)
    {
        X = x;
        Y = y;
    }

    public long X { get; }

    public long Y { get; }

    public bool IsFirst => X == 0 && Y == 0;

    public IndexType IndexType => IndexType.LongIndex2D;

    public long Size => X * Y;

    public Index2D ToIntIndex()
    {
        IndexTypeExtensions.AssertIntIndexRange(X);
        IndexTypeExtensions.AssertIntIndexRange(Y);
        return new((int)X, (int)Y);
    }

    public static LongIndex2D Min(LongIndex2D first, LongIndex2D second) =>
        new(Math.Min(first.X, second.X), Math.Min(first.Y, second.Y));

    public static LongIndex2D Max(LongIndex2D first, LongIndex2D second) =>
        new(Math.Max(first.X, second.X), Math.Max(first.Y, second.Y));

    public static LongIndex2D Clamp(LongIndex2D value, LongIndex2D min, LongIndex2D max) => Max(Min(value, max), min);

    public bool InBounds(LongIndex2D dimension) =>
        X >= 0 && X < dimension.X && Y >= 0 && Y < dimension.Y;

    public bool InBoundsInclusive(LongIndex2D dimension) =>
        X >= 0 && X <= dimension.X && Y >= 0 && Y <= dimension.Y;

    public LongIndex2D Add(LongIndex2D rhs) => this + rhs;

    public LongIndex2D Subtract(LongIndex2D rhs) => this - rhs;

    public (long X, long Y) ToValueTuple() => (X, Y);

    public void Deconstruct(out long x, out long y)
    {
        x = X;
        y = Y;
    }

    public bool Equals(LongIndex2D other) => this == other;

    public override bool Equals(object? obj) => obj is LongIndex2D other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(X, Y);

    public override string ToString() => $"({X}, {Y})";

    public static LongIndex2D Add(LongIndex2D first, LongIndex2D second) => first + second;

    public static LongIndex2D operator +(LongIndex2D first, LongIndex2D second) =>
        new(first.X + second.X, first.Y + second.Y);

    public static LongIndex2D Subtract(LongIndex2D first, LongIndex2D second) => first - second;

    public static LongIndex2D operator -(LongIndex2D first, LongIndex2D second) =>
        new(first.X - second.X, first.Y - second.Y);

    public static LongIndex2D Multiply(LongIndex2D first, LongIndex2D second) => first * second;

    public static LongIndex2D operator *(LongIndex2D first, LongIndex2D second) =>
        new(first.X * second.X, first.Y * second.Y);

    public static LongIndex2D Divide(LongIndex2D first, LongIndex2D second) => first / second;

    public static LongIndex2D operator /(LongIndex2D first, LongIndex2D second) =>
        new(first.X / second.X, first.Y / second.Y);

    public static bool operator ==(LongIndex2D first, LongIndex2D second) =>
        first.X == second.X && first.Y == second.Y;

    public static bool operator !=(LongIndex2D first, LongIndex2D second) => !(first == second);

    public static explicit operator Index2D(LongIndex2D index) => index.ToIntIndex();

    public static implicit operator LongIndex2D((long, long) values) =>
        new(values.Item1, values.Item2);
}
