using System.Runtime.InteropServices;

namespace ILGPU;

/// <summary>A 1-dimensional index of 64-bit components.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct LongIndex1D : ILongIndex<LongIndex1D, Index1D>
{
    public static readonly LongIndex1D Invalid = new(-1);
    public static readonly LongIndex1D Zero = new(0);
    public static readonly LongIndex1D One = new(1);

    public LongIndex1D(long x)
    {
        X = x;
    }

    public long X { get; }

    public bool IsFirst => X == 0;

    public IndexType IndexType => IndexType.LongIndex1D;

    public long Size => X;

    public Index1D ToIntIndex()
    {
        IndexTypeExtensions.AssertIntIndexRange(X);
        return new((int)X);
    }

    public static LongIndex1D Min(LongIndex1D first, LongIndex1D second) =>
        new(Math.Min(first.X, second.X));

    public static LongIndex1D Max(LongIndex1D first, LongIndex1D second) =>
        new(Math.Max(first.X, second.X));

    public static LongIndex1D Clamp(LongIndex1D value, LongIndex1D min, LongIndex1D max) => Max(Min(value, max), min);

    public bool InBounds(LongIndex1D dimension) =>
        X >= 0 && X < dimension.X;

    public bool InBoundsInclusive(LongIndex1D dimension) =>
        X >= 0 && X <= dimension.X;

    public LongIndex1D Add(LongIndex1D rhs) => this + rhs;

    public LongIndex1D Subtract(LongIndex1D rhs) => this - rhs;

    public bool Equals(LongIndex1D other) => this == other;

    public override bool Equals(object? obj) => obj is LongIndex1D other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(X);

    public override string ToString() => $"({X})";

    public static LongIndex1D Add(LongIndex1D first, LongIndex1D second) => first + second;

    public static LongIndex1D operator +(LongIndex1D first, LongIndex1D second) =>
        new(first.X + second.X);

    public static LongIndex1D Subtract(LongIndex1D first, LongIndex1D second) => first - second;

    public static LongIndex1D operator -(LongIndex1D first, LongIndex1D second) =>
        new(first.X - second.X);

    public static LongIndex1D Multiply(LongIndex1D first, LongIndex1D second) => first * second;

    public static LongIndex1D operator *(LongIndex1D first, LongIndex1D second) =>
        new(first.X * second.X);

    public static LongIndex1D Divide(LongIndex1D first, LongIndex1D second) => first / second;

    public static LongIndex1D operator /(LongIndex1D first, LongIndex1D second) =>
        new(first.X / second.X);

    public static bool operator ==(LongIndex1D first, LongIndex1D second) =>
        first.X == second.X;

    public static bool operator !=(LongIndex1D first, LongIndex1D second) => !(first == second);

    public static explicit operator Index1D(LongIndex1D index) => index.ToIntIndex();

    public static implicit operator long(LongIndex1D idx) => idx.X;

    public static implicit operator LongIndex1D(long idx) => new(idx);

    public static explicit operator ulong(LongIndex1D idx) => (ulong)idx.X;
}
