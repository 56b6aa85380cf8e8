using ILGPU;
using ILGPU.Algorithms;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>
/// StandIn/IlgpuApi.txt lists what the stand-in offers. On the stand-in the list is complete; on the package every
/// line of it exists. So what compiles against the stand-in compiles against the package.
/// </summary>
public sealed class ApiListTests
{
    private static string ListPath =>
        Path.Combine(AppContext.BaseDirectory, "StandIn", "IlgpuApi.txt");

    [Fact]
    public void TheStandInOffersOnlyWhatThePackageOffers()
    {
        var loaded = Loaded();
        var listed = File.ReadAllLines(ListPath);
        Assert.Empty(listed.Except(loaded));
        if (BareDevice.IsStandIn)
            Assert.Empty(loaded.Except(listed));
    }

    [Fact]
    public void TheListIsOrderedAndLong()
    {
        var listed = File.ReadAllLines(ListPath);
        Assert.Equal(listed.Order(StringComparer.Ordinal).Distinct(), listed);
        Assert.True(listed.Length > 1000, $"{listed.Length} lines");
    }

    [Fact]
    public void AssembliesHaveThePackagesNames()
    {
        foreach (var type in new[] { typeof(Context), typeof(XMath) })
        {
            var name = type.Assembly.GetName();
            Assert.Equal(type == typeof(Context) ? "ILGPU" : "ILGPU.Algorithms", name.Name);
            Assert.Equal(new Version(1, 5, 3, 0), name.Version);
            Assert.Empty(name.GetPublicKeyToken() ?? []);
        }
        Assert.Equal("1.5.3", Context.Version);
    }

    /// <summary>What the loaded assemblies offer, in the list's order; written to a file when one is named.</summary>
    private static string[] Loaded()
    {
        string[] lines =
        [
            .. ApiSurface.Of(typeof(Context).Assembly)
                .Concat(ApiSurface.Of(typeof(XMath).Assembly))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        if (Environment.GetEnvironmentVariable("ILGPU_API_LIST") is { Length: > 0 } path)
            File.WriteAllLines(path, lines);
        return lines;
    }
}
