namespace ILGPU.Runtime.Cuda;

/// <summary>A compute capability.</summary>
public readonly struct CudaArchitecture : IEquatable<CudaArchitecture>, IComparable<CudaArchitecture>
{
    public CudaArchitecture(int major, int minor)
    {
        Major = major;
        Minor = minor;
    }

    public int Major { get; }

    public int Minor { get; }

    public bool Equals(CudaArchitecture other) => this == other;

    public int CompareTo(CudaArchitecture other) =>
        Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    public override bool Equals(object? obj) => obj is CudaArchitecture other && this == other;

    public override int GetHashCode() => HashCode.Combine(Major, Minor);

    public override string ToString() => $"SM_{Major}{Minor}";

    public static bool operator ==(CudaArchitecture first, CudaArchitecture second) => first.CompareTo(second) == 0;

    public static bool operator !=(CudaArchitecture first, CudaArchitecture second) => first.CompareTo(second) != 0;

    public static bool operator <(CudaArchitecture first, CudaArchitecture second) => first.CompareTo(second) < 0;

    public static bool operator <=(CudaArchitecture first, CudaArchitecture second) => first.CompareTo(second) <= 0;

    public static bool operator >(CudaArchitecture first, CudaArchitecture second) => first.CompareTo(second) > 0;

    public static bool operator >=(CudaArchitecture first, CudaArchitecture second) => first.CompareTo(second) >= 0;
}
