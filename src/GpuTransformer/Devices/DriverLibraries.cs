using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using GpuTransformer.Kernels;
using ILGPU;

namespace GpuTransformer;

/// <summary>The driver's libraries. ILGPU asks for "cuda" and "OpenCL", which on Linux only installations with developer
/// files have; the driver alone brings libcuda.so.1 and libOpenCL.so.1, so those are tried where the names are not found.</summary>
public static class DriverLibraries
{
    private const string Maps = "/proc/self/maps";
    private static readonly Lock s_gate = new();
    private static bool s_isRegistered;

    /// <summary>Which file of a kind of device's driver is loaded, or why none is; in one line.</summary>
    public static string Describe(DeviceKind kind)
    {
        if (NameOf(kind) is not { } name)
        {
            return "no driver is needed";
        }

        try
        {
            var handle = NativeLibrary.Load(VersionedName(name) ?? name);
            var file = PathOf(name) ?? VersionedName(name) ?? name;
            NativeLibrary.Free(handle);
            return file;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            return $"{VersionedName(name) ?? name} is not installed, or cannot be loaded";
        }
    }

    /// <summary>Makes ILGPU find the libraries. After it, and after ILGPU's own resolver, where the usual search fails.</summary>
    internal static void Register()
    {
        lock (s_gate)
        {
            if (!s_isRegistered && AssemblyLoadContext.GetLoadContext(typeof(Context).Assembly) is { } context)
            {
                context.ResolvingUnmanagedDll += Resolve;
            }

            s_isRegistered = true;
        }
    }

    /// <summary>The name that the driver's package installs on Linux; null: there is no other.</summary>
    internal static string? VersionedName(string name) => !OperatingSystem.IsLinux() ? null : name switch
    {
        "cuda" => "libcuda.so.1",
        "OpenCL" => "libOpenCL.so.1",
        "nvml" or "nvidia-ml" => "libnvidia-ml.so.1",
        _ => null,
    };

    private static string? NameOf(DeviceKind kind) => kind switch
    {
        DeviceKind.Cuda => OperatingSystem.IsWindows() ? "nvcuda" : "cuda",
        DeviceKind.OpenCl => "OpenCL",
        _ => null,
    };

    private static nint Resolve(Assembly assembly, string name) =>
        assembly == typeof(Context).Assembly && VersionedName(name) is { } versioned && NativeLibrary.TryLoad(versioned, out var handle)
            ? handle
            : 0;

    // Where the loader found it.
    private static string? PathOf(string name) => !File.Exists(Maps)
        ? null
        : File.ReadLines(Maps)
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(path => Path.GetFileName(path).StartsWith($"lib{name}.so", StringComparison.Ordinal));
}
