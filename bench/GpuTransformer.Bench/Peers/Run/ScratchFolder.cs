namespace GpuTransformer.Bench.Peers;

/// <summary>A folder for gigabytes of random weights that goes away with what it was made for, unless it is to be kept.</summary>
internal sealed class ScratchFolder : IDisposable
{
    /// <param name="kept">A folder that stays; null: a temporary one that does not.</param>
    public ScratchFolder(string? kept = null)
    {
        IsKept = kept is not null;
        Path = kept is null ? Directory.CreateTempSubdirectory("gputx-peers-").FullName : Directory.CreateDirectory(kept).FullName;
    }

    public string Path { get; }

    public bool IsKept { get; }

    /// <summary>Removes a part of it, where it is there.</summary>
    public static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public void Dispose()
    {
        if (!IsKept)
        {
            Remove(Path);
        }
    }
}
