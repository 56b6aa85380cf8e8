using System.Globalization;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Sizes of the processor's caches, where the system tells them.</summary>
internal static class ProcessorCaches
{
    private const long Megabyte = 1 << 20;

    /// <summary>The second-level cache of one core; 1 MB where it is not known.</summary>
    public static long SecondLevelBytes { get; } = Read(2) ?? Megabyte;

    /// <summary>A size that no cache holds: twice the last level, between 256 MB and 1 GB.</summary>
    public static long BytesBeyondCaches { get; } = Math.Clamp(2 * (Read(3) ?? 0) / Megabyte, 256, 1024) * Megabyte;

    private static long? Read(int level)
    {
        for (var index = 0; index < 8; index++)
        {
            var folder = $"/sys/devices/system/cpu/cpu0/cache/index{index}";
            if (ReadLine(folder, "level") == level.ToString(CultureInfo.InvariantCulture) &&
                ReadLine(folder, "type") != "Instruction" &&
                ReadLine(folder, "size") is { } size && size.EndsWith('K') &&
                long.TryParse(size[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes))
            {
                return kilobytes << 10;
            }
        }

        return null;
    }

    private static string? ReadLine(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }
}
