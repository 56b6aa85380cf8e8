using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Every GPU kernel of the library is one that ILGPU compiles, and compiles rightly.</summary>
public sealed class KernelIlTests
{
    [Fact]
    public void NoKernelHoldsWhatIlgpuRefusesOrMiscompiles()
    {
        var findings = KernelCatalog.GpuKernels()
            .SelectMany(IlWalker.Walk)
            .Select(finding => finding.ToString())
            .Distinct()
            .ToList();
        Assert.True(findings.Count == 0, string.Join(Environment.NewLine, findings));
    }

    [Fact]
    public void TheCatalogHoldsClosedStaticKernels()
    {
        var kernels = KernelCatalog.GpuKernels().ToList();
        Assert.NotEmpty(kernels);
        Assert.Equal(kernels.Distinct(), kernels);
        Assert.All(kernels, kernel =>
        {
            Assert.True(kernel.IsStatic, kernel.Name);
            Assert.False(kernel.ContainsGenericParameters, kernel.Name);
            Assert.Equal(typeof(void), kernel.ReturnType);
        });
    }

    [Fact]
    public void TheCatalogMissesNoKernel()
    {
        var listed = KernelCatalog.GpuKernels().Select(k => Definition(k.DeclaringType!)).ToHashSet();
        var missing = typeof(KernelCatalog).Assembly.GetTypes()
            .Where(type => type.GetMethod("Kernel") is { IsStatic: true } && !listed.Contains(type))
            .Select(type => type.Name);
        Assert.Empty(missing);

        static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;
    }
}
