using GpuTransformer.Kernels;

namespace GpuTransformer.Cli;

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
    public static OutputFile Create(FileInfo file)
    {
        var partial = $"{file.FullName}.{Environment.ProcessId}.partial";
        try
        {
            if (Directory.Exists(file.FullName))
            {
                throw new IOException("it is a folder");
            }

            return new OutputFile(file.FullName, partial, new FileStream(partial, FileMode.Create, FileAccess.Write));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file.FullName}: cannot be written: {error.Message}", error);
        }
    }

    public void Commit()
    {
        Stream.Dispose();
        File.Move(_partial, _path, overwrite: true);
        _committed = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_committed)
        {
            File.Delete(_partial);
        }
    }
}
