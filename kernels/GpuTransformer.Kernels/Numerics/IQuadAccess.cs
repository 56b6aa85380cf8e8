using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>How a group kernel reads and writes four elements that follow each other along a row.</summary>
internal interface IQuadAccess
{
    /// <summary>Whether rows must start at multiples of 16 bytes.</summary>
    static abstract bool NeedsAlignment { get; }

    /// <summary>Elements start, start + step, start + 2 step, start + 3 step.</summary>
    static abstract Float4 Load(ArrayView<float> data, int start, int step);

    /// <summary>Writes four adjacent elements.</summary>
    static abstract void Store(ArrayView<float> data, int start, Float4 value);
}

/// <summary>128-bit accesses: the view's address and every start are multiples of 16 bytes, and step is 1.</summary>
internal struct VectorAccess : IQuadAccess
{
    public static bool NeedsAlignment => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Load(ArrayView<float> data, int start, int step) => data.Cast<Float4>()[start >> 2];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<float> data, int start, Float4 value) => data.Cast<Float4>()[start >> 2] = value;
}

/// <summary>32-bit accesses at any address and step.</summary>
internal struct ScalarAccess : IQuadAccess
{
    public static bool NeedsAlignment => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Load(ArrayView<float> data, int start, int step)
    {
        Float4 value;
        value.X = data[start];
        value.Y = data[start + step];
        value.Z = data[start + step + step];
        value.W = data[start + step + step + step];
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<float> data, int start, Float4 value)
    {
        data[start] = value.X;
        data[start + 1] = value.Y;
        data[start + 2] = value.Z;
        data[start + 3] = value.W;
    }
}
