using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>A file that appears whole or not at all: written beside its place, moved there when it is done.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string _partial;
    private bool _committed;

    private OutputFile(string path, string partial, FileStream stream)
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

            var partial = $"{full}.{Guid.NewGuid():N}.partial";
            return new OutputFile(full, partial, new FileStream(partial, FileMode.CreateNew, FileAccess.Write));
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
            File.Move(_partial, _path, overwrite: true);
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
            if (!_committed)
            {
                File.Delete(_partial);
            }
        }
        catch (Exception error) when (CannotWrite(error))
        {
            // The first error says why the file could not be written; this one would hide it.
        }
    }

    /// <summary>Whether an error says that a path cannot be written, and not that the program is wrong.</summary>
    public static bool CannotWrite(Exception error) =>
        error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    /// <summary>The error that names the path.</summary>
    public static InputException Refused(string path, Exception error) => new($"{path}: cannot be written: {error.Message}", error);
}
