using System.Reflection;

namespace ILGPU.Backends.EntryPoints;

/// <summary>A kernel method and how it is launched.</summary>
public readonly struct EntryPointDescription
{
    private EntryPointDescription(MethodInfo methodSource)
    {
        MethodSource = methodSource ?? throw new ArgumentNullException(nameof(methodSource));
    }

    public MethodInfo MethodSource { get; }

    public static EntryPointDescription FromExplicitlyGroupedKernel(MethodInfo methodSource) => new(methodSource);
}
