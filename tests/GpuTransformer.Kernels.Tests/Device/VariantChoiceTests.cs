using ILGPU;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The choice of a variant is a function of traits and arguments: tried here on devices that are not there.</summary>
public class VariantChoiceTests
{
    private static readonly DeviceTraits s_cpu = Traits(DeviceKind.Cpu, group: 16, shared: int.MaxValue);
    private static readonly DeviceTraits s_cuda = Traits(DeviceKind.Cuda, group: 1024, shared: 48 << 10);
    private static readonly DeviceTraits s_openCl = Traits(DeviceKind.OpenCl, group: 256, shared: 32 << 10);
    private static readonly DeviceTraits s_tiny = Traits(DeviceKind.OpenCl, group: 8, shared: 1 << 10);

    private static readonly Variant<AddArgs>[] s_table =
    [
        Kernel("naive", VariantKind.Naive, _ => true),
        Kernel("small", VariantKind.Group, t => t.MaxGroupSize >= 16),
        Kernel("large", VariantKind.Group, t => t.MaxGroupSize >= 512 && t.SharedBytes >= 48 << 10),
        new KernelVariant<AddArgs>(
            "shy", VariantKind.Group, static _ => { }, _ => (in AddArgs _) => new KernelConfig(1, 1), (DeviceTraits _, in AddArgs _) => false)
        {
            Allowed = (DeviceTraits traits, in AddArgs _) => traits.MaxGroupSize >= 512,
        },
        AddCpu.Variant,
    ];

    [Fact]
    public void A_cpu_takes_its_tiles() => Assert.Equal(4, Select(s_cpu, null));

    [Fact]
    public void A_gpu_takes_the_last_group_kernel_that_fits()
    {
        Assert.Equal(2, Select(s_cuda, null));
        Assert.Equal(1, Select(s_openCl, null));
    }

    [Fact]
    public void A_device_that_no_group_kernel_fits_takes_the_naive_one() => Assert.Equal(0, Select(s_tiny, null));

    [Fact]
    public void A_kind_that_was_asked_for_is_taken()
    {
        Assert.Equal(0, Select(s_cuda, VariantKind.Naive));
        Assert.Equal(1, Select(s_cpu, VariantKind.Group));
    }

    [Fact]
    public void A_kind_that_does_not_fit_is_an_error_and_never_a_fallback()
    {
        var error = Assert.Throws<DeviceException>(() => Select(s_tiny, VariantKind.Group));
        Assert.Contains("Add", error.Message);
        Assert.Contains("Group", error.Message);
        Assert.Contains(s_tiny.Name, error.Message);
        Assert.Throws<DeviceException>(() => Select(s_cuda, VariantKind.Cpu));
    }

    [Fact]
    public void A_tuned_variant_goes_before_the_built_in_choice()
    {
        Assert.Equal(1, Select(s_cuda, null, "small"));
        Assert.Equal(2, Select(s_cuda, null, "large"));
        Assert.Equal(3, Select(s_cuda, VariantKind.Group, "shy"));
    }

    [Fact]
    public void A_tuned_variant_that_does_not_fit_is_passed_over()
    {
        Assert.Equal(1, Select(s_openCl, null, "large"));
        Assert.Equal(2, Select(s_cuda, null, "gone"));
        Assert.Equal(2, Select(s_cuda, null, "naive"));
        Assert.Equal(0, Select(s_cuda, VariantKind.Naive, "small"));
        Assert.Equal(s_table.Length - 1, Select(s_cpu, null, "small"));
    }

    private static int Select(DeviceTraits traits, VariantKind? requested, string? tuned = null) =>
        VariantChoice.Select("Add", s_table, traits, default(AddArgs), requested, tuned);

    private static KernelVariant<AddArgs> Kernel(string name, VariantKind kind, Func<DeviceTraits, bool> supports) => new(
        name,
        kind,
        static _ => { },
        _ => (in AddArgs _) => new KernelConfig(1, 1),
        (DeviceTraits traits, in AddArgs _) => supports(traits));

    private static DeviceTraits Traits(DeviceKind kind, int group, int shared) => new()
    {
        Kind = kind,
        Name = $"a {kind} device",
        WarpSize = 32,
        MaxGroupSize = group,
        SharedBytes = shared,
        Multiprocessors = 4,
    };
}
