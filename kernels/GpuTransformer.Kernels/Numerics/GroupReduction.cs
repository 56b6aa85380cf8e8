using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Sums and maxima over the threads of a group, for any group size, in shared memory. The order is fixed, so
/// the same values give the same bits every time (ILGPU's own float reductions end in atomics).</summary>
/// <remarks>Computes: thread t leaves its value at scratch[t]; the first <see cref="Lanes"/> threads each fold every
/// 16th value in ascending order; then every thread folds these 16. Barriers: 2, whatever the group size; calls may
/// follow each other without one between (the two halves of the scratch alternate). Cost: at most 2 · 16 shared loads
/// in a row for 256 threads, against 8 barriers of a tree.</remarks>
internal static class GroupReduction
{
    /// <summary>The most threads a group may have.</summary>
    public const int MaxThreads = 1024;

    /// <summary>Floats of shared memory that a kernel allocates for its reductions.</summary>
    public const int ScratchLength = MaxThreads + Lanes;

    private const int Lanes = 16;

    /// <summary>The sum of every thread's value; all threads of the group call it, and all get the same bits.</summary>
    public static float Sum(ArrayView<float> scratch, float value)
    {
        scratch[Group.IdxX] = value;
        Group.Barrier();
        if (Group.IdxX < Lanes)
        {
            var partial = 0f;
            for (var i = Group.IdxX; i < Group.DimX; i += Lanes)
            {
                partial += scratch[i];
            }

            scratch[MaxThreads + Group.IdxX] = partial;
        }

        Group.Barrier();
        var total = 0f;
        var lanes = Group.DimX < Lanes ? Group.DimX : Lanes;
        for (var i = 0; i < lanes; i++)
        {
            total += scratch[MaxThreads + i];
        }

        return total;
    }

    /// <summary>The largest of every thread's values that is not NaN; -infinity where there is none.</summary>
    public static float Max(ArrayView<float> scratch, float value)
    {
        scratch[Group.IdxX] = value;
        Group.Barrier();
        if (Group.IdxX < Lanes)
        {
            var partial = float.NegativeInfinity;
            for (var i = Group.IdxX; i < Group.DimX; i += Lanes)
            {
                partial = Larger(partial, scratch[i]);
            }

            scratch[MaxThreads + Group.IdxX] = partial;
        }

        Group.Barrier();
        var total = float.NegativeInfinity;
        var lanes = Group.DimX < Lanes ? Group.DimX : Lanes;
        for (var i = 0; i < lanes; i++)
        {
            total = Larger(total, scratch[MaxThreads + i]);
        }

        return total;
    }

    /// <summary>The larger of two; a NaN in <paramref name="value"/> is passed over.</summary>
    public static float Larger(float largest, float value) => value > largest ? value : largest;
}
