using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>A file that appears whole or not at all: written beside its place, moved there when it is done. Where a link
/// stands, its target's place; devices and pipes, such as /dev/null, are written to as they are.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string? _partial;
    private bool _committed;

    private OutputFile(string path, string? partial, FileStream stream)
    {
        _path = path;
        _partial = partial;
        Stream = stream;
    }

    public FileStream Stream { get; }

    /// <summary>Opens the file before any work is done, so that a path that cannot be written is found first.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public static OutputFile Create(string path)
    {
        try
        {
            var full = Path.GetFullPath(path);
            if (Directory.Exists(full))
            {
                throw new IOException("it is a folder");
            }

            if (OpenSpecial(full) is { } special)
            {
                return new OutputFile(full, partial: null, special);
            }

            var place = new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
            var partial = $"{place}.{Guid.NewGuid():N}.partial";
            return new OutputFile(place, partial, new FileStream(partial, FileMode.CreateNew, FileAccess.Write));
        }
        catch (Exception error) when (CannotWrite(error))
        {
            throw Refused(path, error);
        }
    }

    /// <summary>Moves what was written to its place.</summary>
    /// <exception cref="InputException">The path cannot be written; what was written is gone.</exception>
    public void Commit()
    {
        try
        {
            Stream.Dispose();
            if (_partial is not null)
            {
                File.Move(_partial, _path, overwrite: true);
            }

            _committed = true;
        }
        catch (Exception error) when (CannotWrite(error))
        {
            throw Refused(_path, error);
        }
    }

    public void Dispose()
    {
        try
        {
            Stream.Dispose();
            if (!_committed && _partial is not null)
            {
                File.Delete(_partial);
            }
        }
        catch (Exception error) when (CannotWrite(error))
        {
            // The first error says why the file could not be written; this one would hide it.
        }
    }

    /// <summary>A stream to what stands at the path and is no regular file, which none must replace; else null.</summary>
    private static FileStream? OpenSpecial(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
        {
            return null;
        }

        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            if (!stream.CanSeek || !IsRegular(stream))
            {
                return stream;
            }

            stream.Dispose();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // A link to nothing: what is written becomes its target.
        }

        return null;
    }

    // Devices have no length, and refuse one, which an empty file does not.
    private static bool IsRegular(FileStream stream)
    {
        try
        {
            if (stream.Length == 0)
            {
                stream.SetLength(0);
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Whether an error says that a path cannot be written, and not that the program is wrong.</summary>
    public static bool CannotWrite(Exception error) =>
        error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    /// <summary>The error that names the path.</summary>
    public static InputException Refused(string path, Exception error) => new($"{path}: cannot be written: {error.Message}", error);
}
