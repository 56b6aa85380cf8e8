using GpuTransformer.Kernels;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Graph;

/// <summary>What is compiled, and when.</summary>
public class FirstUseTests
{
    [Theory]
    [InlineData(VariantKind.Naive)]
    [InlineData(VariantKind.Group)]
    public void A_plan_compiles_before_its_first_run_and_nothing_that_it_does_not_launch(VariantKind kind)
    {
        using var device = ComputeDevice.Open("cpu", kind);
        var notices = new List<CompileReport>();
        device.Kernels.CompileNotice = notices.Add;
        using var model = (Bert)TransformerModel.Load(Fixtures.Model("bert-shakespeare"), device);
        Assert.Equal(0, device.Kernels.Compiled.Kernels);
        using var session = model.NewTextSession([2, 102, 114, 231, 3]);
        var launched = session.Operations.Select(o => o.Info.Variant).Distinct().Order(StringComparer.Ordinal);
        var compiled = device.Kernels.Compiled;
        Assert.Equal(launched, compiled.Variants.Order(StringComparer.Ordinal));
        Assert.True(compiled.Kernels > 0);
        Assert.True(compiled.Time > TimeSpan.Zero);
        Assert.Equal(compiled.Kernels, Assert.Single(notices).Kernels);

        // Neither the run nor a second session compiles anything more.
        session.Run();
        using var second = model.NewTextSession([2, 102, 3]);
        Assert.Equal(compiled.Kernels, device.Kernels.Compiled.Kernels);
        Assert.Single(notices);
    }

    [Fact]
    public void A_model_on_cpu_tiles_compiles_nothing()
    {
        using var device = ComputeDevice.Open("cpu");
        device.Kernels.CompileNotice = _ => Assert.Fail("compiled");
        using var model = (Bert)TransformerModel.Load(Fixtures.Model("bert-shakespeare"), device);
        using var session = model.NewTextSession([2, 102, 3]);
        Assert.Equal(0, device.Kernels.Compiled.Kernels);
    }
}
