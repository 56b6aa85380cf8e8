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

    [SkippableTheory]
    [InlineData(DeviceKind.Cuda, "libcuda.so")]
    [InlineData(DeviceKind.OpenCl, "libOpenCL.so")]
    [InlineData(DeviceKind.Cpu, "no driver is needed")]
    public void What_is_loaded_or_why_not_names_the_file_in_one_line(DeviceKind kind, string named)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "names of Linux");
        var text = DriverLibraries.Describe(kind);
        Assert.Contains(named, text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', text);
    }
}
