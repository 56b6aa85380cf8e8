namespace ILGPU.Runtime;

/// <summary>Limits that a kernel is compiled for.</summary>
public readonly struct KernelSpecialization : IEquatable<KernelSpecialization>
{
    public static readonly KernelSpecialization Empty;

    public KernelSpecialization(int? maxNumThreadsPerGroup, int? minNumGroupsPerMultiprocessor)
    {
        if (maxNumThreadsPerGroup < 1)
            throw new ArgumentOutOfRangeException(nameof(maxNumThreadsPerGroup));
        if (minNumGroupsPerMultiprocessor < 1)
            throw new ArgumentOutOfRangeException(nameof(minNumGroupsPerMultiprocessor));
        MaxNumThreadsPerGroup = maxNumThreadsPerGroup;
        MinNumGroupsPerMultiprocessor = minNumGroupsPerMultiprocessor;
    }

    public int? MaxNumThreadsPerGroup { get; }

    public int? MinNumGroupsPerMultiprocessor { get; }

    public bool IsCompatibleWith(Accelerator accelerator)
    {
        ArgumentNullException.ThrowIfNull(accelerator);
        return !(MaxNumThreadsPerGroup > accelerator.MaxNumThreadsPerGroup);
    }

    public bool Equals(KernelSpecialization other) => this == other;

    public override bool Equals(object? obj) => obj is KernelSpecialization other && this == other;

    public override int GetHashCode() => HashCode.Combine(MaxNumThreadsPerGroup, MinNumGroupsPerMultiprocessor);

    public override string ToString() =>
        $"MaxNumThreadsPerGroup: {MaxNumThreadsPerGroup ?? 0}, " +
        $"MinNumGroupsPerMP: {MinNumGroupsPerMultiprocessor ?? 0}";

    public static bool operator ==(KernelSpecialization first, KernelSpecialization second) =>
        (first.MaxNumThreadsPerGroup ?? 0) == (second.MaxNumThreadsPerGroup ?? 0) &&
        (first.MinNumGroupsPerMultiprocessor ?? 0) == (second.MinNumGroupsPerMultiprocessor ?? 0);

    public static bool operator !=(KernelSpecialization first, KernelSpecialization second) => !(first == second);
}
