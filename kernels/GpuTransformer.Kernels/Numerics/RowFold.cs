using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Sums and maxima of rows in one order, whatever the group, the warp and the device.</summary>
/// <remarks>
/// Order: column c belongs to strand c mod 4L, where L is the lanes of the row's team (<see cref="RowTeams"/>); a strand
/// adds its columns in ascending order; lane l adds its strands as (4l + (4l + 1)) + ((4l + 2) + (4l + 3)); then
/// the lanes in two steps at most, so that a thread alone can do it (the naive variants) as well as a group.
/// Through shared memory and not by shuffles: a lane stores one float and reads the 8 or 32 of its row in fours that all
/// lanes of a warp share (one wavefront each): 1 + 8 accesses and a barrier where a warp would take 5 dependent shuffles,
/// and it runs where there are none (OpenCL) and on warps of any width.
/// </remarks>
internal static class RowFold
{
    /// <summary>Lanes that are added up in one step.</summary>
    private const int Once = 32;

    /// <summary>Floats of shared memory for the second step of teams above 32 lanes.</summary>
    public const int Partials = Once;

    /// <summary>The four strands of a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Lane(Float4 strands) => (strands.X + strands.Y) + (strands.Z + strands.W);

    /// <summary>The sum over a row's lanes, each of which has left its sum in <paramref name="lanes"/>; all threads of the
    /// group call it. One barrier up to 32 lanes, else two; <paramref name="lanes"/> may be written again after the next
    /// barrier.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(ArrayView<float> lanes, ArrayView<float> partials, int count)
    {
        Group.Barrier();
        if (count <= Once)
        {
            return Lane(Fours(lanes.Cast<Float4>(), 0, count >> 2, 1));
        }

        for (var i = Group.IdxX; i < Once; i += Group.DimX)
        {
            partials[i] = Lane(Fours(lanes.Cast<Float4>(), i, FoursOfPartial(count), Once));
        }

        Group.Barrier();
        return Lane(Fours(partials.Cast<Float4>(), 0, Once >> 2, 1));
    }

    /// <summary>The largest over a row's lanes that is not NaN, in the same way; -infinity where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(ArrayView<float> lanes, ArrayView<float> partials, int count)
    {
        Group.Barrier();
        if (count <= Once)
        {
            return LargestOf(lanes.Cast<Float4>(), 0, count >> 2, 1);
        }

        for (var i = Group.IdxX; i < Once; i += Group.DimX)
        {
            partials[i] = LargestOf(lanes.Cast<Float4>(), i, FoursOfPartial(count), Once);
        }

        Group.Barrier();
        return LargestOf(partials.Cast<Float4>(), 0, Once >> 2, 1);
    }

    /// <summary>The largest of four and of what was found before; NaN is passed over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Larger(float largest, Float4 value)
    {
        largest = GroupReduction.Larger(largest, value.X);
        largest = GroupReduction.Larger(largest, value.Y);
        largest = GroupReduction.Larger(largest, value.Z);
        return GroupReduction.Larger(largest, value.W);
    }

    /// <summary>1, 2 or 8 fours, in ascending order; written out, since no loop is unrolled for us.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Fours(ArrayView<Float4> values, int first, int count, int step)
    {
        Float4 a = values[first];
        var sum = default(Float4) + a;
        if (count > 1)
        {
            Float4 b = values[first + step];
            sum += b;
        }

        if (count > 2)
        {
            Float4 c = values[first + 2 * step];
            Float4 d = values[first + 3 * step];
            Float4 e = values[first + 4 * step];
            Float4 f = values[first + 5 * step];
            Float4 g = values[first + 6 * step];
            Float4 h = values[first + 7 * step];
            sum = sum + c + d + e + f + g + h;
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargestOf(ArrayView<Float4> values, int first, int count, int step)
    {
        Float4 a = values[first];
        var largest = Larger(float.NegativeInfinity, a);
        if (count > 1)
        {
            Float4 b = values[first + step];
            largest = Larger(largest, b);
        }

        if (count > 2)
        {
            Float4 c = values[first + 2 * step];
            Float4 d = values[first + 3 * step];
            Float4 e = values[first + 4 * step];
            Float4 f = values[first + 5 * step];
            Float4 g = values[first + 6 * step];
            Float4 h = values[first + 7 * step];
            largest = Larger(Larger(Larger(largest, c), d), e);
            largest = Larger(Larger(Larger(largest, f), g), h);
        }

        return largest;
    }

    /// <summary>The fours of lanes that a thread of the second step adds up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FoursOfPartial(int count) => count >> 7;
}
