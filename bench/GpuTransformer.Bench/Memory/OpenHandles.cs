namespace GpuTransformer.Bench.Memory;

/// <summary>What this process has open, without what the runtime opens by itself when it likes.</summary>
internal static class OpenHandles
{
    private const string Handles = "/proc/self/fd";
    private const string Threads = "/proc/self/task";
    private const string Pipe = "pipe:";

    /// <summary>The targets of all handles, sorted, but for two kinds. Files of assemblies: the runtime keeps two handles of
    /// each that it has loaded, and optimized code may load one late. Pipes with both ends in this process, at most one a
    /// thread: the runtime opens one in a thread whose stack it walks, and closes it when that thread ends.</summary>
    public static IReadOnlyList<string> List()
    {
        var assemblies = AppDomain.CurrentDomain.GetAssemblies().Where(a => !a.IsDynamic).Select(a => a.Location).ToHashSet(StringComparer.Ordinal);
        var targets = Directory.GetFiles(Handles).Select(Target).OfType<string>().Where(target => !assemblies.Contains(target)).ToArray();
        var pipes = targets.Where(target => target.StartsWith(Pipe, StringComparison.Ordinal)).GroupBy(target => target)
            .Where(ends => ends.Count() == 2).Take(Directory.GetDirectories(Threads).Length).Select(ends => ends.Key).ToHashSet(StringComparer.Ordinal);
        return [.. targets.Where(target => !pipes.Contains(target)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Those of a later list that an earlier one does not have.</summary>
    public static IReadOnlyList<string> Beyond(IReadOnlyList<string> earlier, IReadOnlyList<string> later)
    {
        var known = earlier.ToList();
        return [.. later.Where(target => !known.Remove(target))];
    }

    /// <summary>null: it was the handle of the folder that is read, and is closed.</summary>
    private static string? Target(string handle)
    {
        try
        {
            return new FileInfo(handle).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
