using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Names the kernels' code: what was measured with other code says nothing about this.</summary>
internal static class KernelHash
{
    /// <summary>The identities that the compiler gave this assembly, from all its contents, and ILGPU's, which makes the
    /// devices' code of it.</summary>
    public static string Value { get; } = string.Join(
        '-', new[] { typeof(KernelHash), typeof(Context) }.Select(t => t.Assembly.ManifestModule.ModuleVersionId.ToString("N")[..12]));
}
