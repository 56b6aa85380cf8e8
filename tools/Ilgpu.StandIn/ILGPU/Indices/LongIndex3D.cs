using System.Runtime.InteropServices;

namespace ILGPU;

/// <summary>A 3-dimensional index of 64-bit components.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct LongIndex3D : ILongIndex<LongIndex3D, Index3D>
{
    public static readonly LongIndex3D Invalid = new(-1);
    public static readonly LongIndex3D Zero = new(0);
    public static readonly LongIndex3D One = new(1);

    public LongIndex3D(long value)
    {
        X = value;
        Y = value;
        Z = value;
    }

    public LongIndex3D(long x, long y, long z)
    {
        X = x;
        Y = y;
        Z = z;
    }

    public long X { get; }

    public long Y { get; }

    public long Z { get; }

    public bool IsFirst => X == 0 && Y == 0 && Z == 0;

    public IndexType IndexType => IndexType.LongIndex3D;

    public long Size => X * Y * Z;

    public Index3D ToIntIndex()
    {
        IndexTypeExtensions.AssertIntIndexRange(X);
        IndexTypeExtensions.AssertIntIndexRange(Y);
        IndexTypeExtensions.AssertIntIndexRange(Z);
        return new((int)X, (int)Y, (int)Z);
    }

    public static LongIndex3D Min(LongIndex3D first, LongIndex3D second) =>
        new(Math.Min(first.X, second.X), Math.Min(first.Y, second.Y), Math.Min(first.Z, second.Z));

    public static LongIndex3D Max(LongIndex3D first, LongIndex3D second) =>
        new(Math.Max(first.X, second.X), Math.Max(first.Y, second.Y), Math.Max(first.Z, second.Z));

    public static LongIndex3D Clamp(LongIndex3D value, LongIndex3D min, LongIndex3D max) => Max(Min(value, max), min);

    public bool InBounds(LongIndex3D dimension) =>
        X >= 0 && X < dimension.X && Y >= 0 && Y < dimension.Y && Z >= 0 && Z < dimension.Z;

    public bool InBoundsInclusive(LongIndex3D dimension) =>
        X >= 0 && X <= dimension.X && Y >= 0 && Y <= dimension.Y && Z >= 0 && Z <= dimension.Z;

    public LongIndex3D Add(LongIndex3D rhs) => this + rhs;

    public LongIndex3D Subtract(LongIndex3D rhs) => this - rhs;

    public (long X, long Y, long Z) ToValueTuple() => (X, Y, Z);

    public void Deconstruct(out long x, out long y, out long z)
    {
        x = X;
        y = Y;
        z = Z;
    }

    public bool Equals(LongIndex3D other) => this == other;

    public override bool Equals(object? obj) => obj is LongIndex3D other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(X, Y, Z);

    public override string ToString() => $"({X}, {Y}, {Z})";

    public static LongIndex3D Add(LongIndex3D first, LongIndex3D second) => first + second;

    public static LongIndex3D operator +(LongIndex3D first, LongIndex3D second) =>
        new(first.X + second.X, first.Y + second.Y, first.Z + second.Z);

    public static LongIndex3D Subtract(LongIndex3D first, LongIndex3D second) => first - second;

    public static LongIndex3D operator -(LongIndex3D first, LongIndex3D second) =>
        new(first.X - second.X, first.Y - second.Y, first.Z - second.Z);

    public static LongIndex3D Multiply(LongIndex3D first, LongIndex3D second) => first * second;

    public static LongIndex3D operator *(LongIndex3D first, LongIndex3D second) =>
        new(first.X * second.X, first.Y * second.Y, first.Z * second.Z);

    public static LongIndex3D Divide(LongIndex3D first, LongIndex3D second) => first / second;

    public static LongIndex3D operator /(LongIndex3D first, LongIndex3D second) =>
        new(first.X / second.X, first.Y / second.Y, first.Z / second.Z);

    public static bool operator ==(LongIndex3D first, LongIndex3D second) =>
        first.X == second.X && first.Y == second.Y && first.Z == second.Z;

    public static bool operator !=(LongIndex3D first, LongIndex3D second) => !(first == second);

    public static explicit operator Index3D(LongIndex3D index) => index.ToIntIndex();

    public static implicit operator LongIndex3D((long, long, long) values) =>
        new(values.Item1, values.Item2, values.Item3);
}
