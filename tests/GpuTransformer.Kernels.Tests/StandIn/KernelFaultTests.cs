using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A kernel that does what a GPU would not survive ends its process, and nothing can catch that.</summary>
public sealed class KernelFaultTests
{
    [Fact]
    public void AKernelWithoutAFaultEndsWell() => Assert.True(FaultProcess.Survives("none", out _));

    [Theory]
    [InlineData("index past the end")]
    [InlineData("negative index")]
    [InlineData("sub-view past the end")]
    [InlineData("empty sub-view at the end")]
    [InlineData("exception")]
    public void FaultsEndTheProcess(string fault)
    {
        Assert.False(FaultProcess.Survives(fault, out string message));
        Assert.NotEmpty(message);
    }

    [SkippableTheory]
    [InlineData("index past the end", "FaultProcess.PastTheEnd", "Index 16 is outside a view of 16 elements")]
    [InlineData("negative index", "FaultProcess.BeforeTheBegin", "Index -1 is outside a view of 16 elements")]
    public void AFaultNamesTheKernelTheIndexAndTheLength(string fault, string kernel, string reason)
    {
        Skip.IfNot(BareDevice.IsStandIn, "The package says only that an index is out of bounds.");
        Assert.False(FaultProcess.Survives(fault, out string message));
        Assert.Contains(kernel, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    /// <summary>The package's CPU accelerator hangs or counts wrong here; GPUs are undefined.</summary>
    [SkippableTheory]
    [InlineData("leaving before a barrier", "after 1 threads of the group have left")]
    [InlineData("leaving while others wait at a barrier", "3 threads of the group wait at a barrier")]
    [InlineData("leaving before a shuffle", "lanes of the warp wait at an exchange")]
    [InlineData("barrier and shuffle at once", "2 wait at a group barrier")]
    [InlineData("shared arrays of two sizes", "Shared block 0 is 4 x 4 bytes")]
    [InlineData("reduction over a partial warp", "do not fill warps of 4")]
    [InlineData("two dynamic blocks", "GetDynamic was called twice")]
    public void DivergenceEndsTheProcess(string fault, string reason)
    {
        Skip.IfNot(BareDevice.IsStandIn, "What the package does here is undefined.");
        Assert.False(FaultProcess.Survives(fault, out string message));
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains("group (0, 0, 0), thread (", message, StringComparison.Ordinal);
    }
}
