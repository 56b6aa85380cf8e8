using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Devices;

/// <summary>Names under which a driver alone, without developer files, installs its libraries.</summary>
public sealed class DriverLibrariesTests
{
    [SkippableTheory]
    [InlineData("cuda", "libcuda.so.1")]
    [InlineData("OpenCL", "libOpenCL.so.1")]
    [InlineData("cublas", null)]
    public void On_Linux_the_versioned_name_is_tried(string name, string? versioned)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "names of Linux");
        Assert.Equal(versioned, DriverLibraries.VersionedName(name));
    }

    [Fact]
    public void What_is_loaded_or_why_not_is_one_line()
    {
        foreach (var kind in Enum.GetValues<DeviceKind>())
        {
            Assert.DoesNotContain('\n', DriverLibraries.Describe(kind));
            Assert.NotEmpty(DriverLibraries.Describe(kind));
        }
    }
}
