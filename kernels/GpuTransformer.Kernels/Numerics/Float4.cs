using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Four float32 side by side: one 128-bit load or store where a view is cast to it. Copy an element to a local
/// before use; a by-reference use of a view's element loads the four one by one.</summary>
internal struct Float4
{
    public float X;
    public float Y;
    public float Z;
    public float W;

    public Float4(float x, float y, float z, float w)
    {
        X = x;
        Y = y;
        Z = z;
        W = w;
    }

    /// <summary>Four times the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Of(float value) => new(value, value, value, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 operator +(Float4 a, Float4 b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 operator *(Float4 a, Float4 b) => new(a.X * b.X, a.Y * b.Y, a.Z * b.Z, a.W * b.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 operator *(Float4 a, float b) => new(a.X * b, a.Y * b, a.Z * b, a.W * b);

    /// <summary>sum += x · w, each of the four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref Float4 sum, float x, Float4 w)
    {
        sum.X += x * w.X;
        sum.Y += x * w.Y;
        sum.Z += x * w.Z;
        sum.W += x * w.W;
    }

    /// <summary>sum += other, each of the four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Float4 sum, Float4 other)
    {
        sum.X += other.X;
        sum.Y += other.Y;
        sum.Z += other.Z;
        sum.W += other.W;
    }

    /// <summary>memory[index] += other, each of the four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(ArrayView<Float4> memory, int index, Float4 other)
    {
        var total = memory[index];
        Add(ref total, other);
        memory[index] = total;
    }
}
