using ILGPU.Runtime.OpenCL;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Which OpenCL devices are refused, and in which words; the rule needs no device.</summary>
public sealed class OpenClRefusalTests
{
    [Fact]
    public void A_device_without_generic_address_space_is_refused_in_one_sentence() => Assert.Equal(
        "Old Card: this OpenCL device has no generic address space (OpenCL C 2.0), which ILGPU's kernels need.",
        KernelSet.OpenClRefusal("Old Card", Capabilities(genericAddressSpace: false, others: true)));

    [Fact]
    public void Nothing_else_is_asked_of_a_device() =>
        Assert.Null(KernelSet.OpenClRefusal("A Card", Capabilities(genericAddressSpace: true, others: false)));

    private static CLCapabilityContext Capabilities(bool genericAddressSpace, bool others) =>
        new(float16: others, float64: others, genericAddressSpace, int64_Atomics: others, subGroups: others);
}
