using System.Runtime.InteropServices;

namespace GpuTransformer.Kernels;

/// <summary>Asks the system for pages of 2 MB. With the usual 4 KB a product of one row waits for an address translation
/// every few cache lines: 8-bit weights are read at 13.2 GB/s a core, with huge pages at 15.2 (Sapphire Rapids, two cores
/// 24.6 and 28.4). Linux gives them to memory that was marked so; elsewhere nothing happens.</summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a page.</summary>
    public const int Bytes = 2 << 20;

    // MADV_HUGEPAGE of Linux's madvise(2).
    private const int Advice = 14;

    /// <summary>Whether the system takes such a request.</summary>
    public static bool AreThere { get; } = OperatingSystem.IsLinux() && Ask(null, 0);

    /// <summary>Marks whole pages that nobody has written to.</summary>
    /// <returns>Whether the system agreed; it may still give small pages.</returns>
    public static bool Ask(void* start, nuint bytes)
    {
        try
        {
            return Advise(start, bytes, Advice) == 0;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* start, nuint bytes, int advice);
}
