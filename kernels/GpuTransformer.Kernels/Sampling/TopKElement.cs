using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>An element of a row as top-k orders it: larger values first, among equals the smaller index, NaN last.</summary>
internal struct TopKElement
{
    /// <summary>The value as an integer of the same order; NaN is the smallest integer.</summary>
    public int Key;

    public int Index;

    public TopKElement(int key, int index)
    {
        Key = key;
        Index = index;
    }

    /// <summary>Comes after every element.</summary>
    public static TopKElement None => new(int.MinValue, int.MaxValue);

    /// <summary>Comes before every element.</summary>
    public static TopKElement First => new(int.MaxValue, -1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TopKElement Of(float value, int index)
    {
        // -0 equals 0. Of negative numbers a larger magnitude is a larger pattern of bits, so those are turned round.
        var bits = value == 0f ? 0 : (int)Interop.FloatAsInt(value);
        var key = bits ^ ((bits >> 31) & int.MaxValue);
        return new TopKElement(FastMath.IsNaN(value) ? int.MinValue : key, index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsBefore(TopKElement other) => Key > other.Key || (Key == other.Key && Index < other.Index);
}
